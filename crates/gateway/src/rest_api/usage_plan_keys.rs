//! Which keys belong to which usage plans.

use super::{
    Inner, RestApis, api_keys, errors,
    model::{ApiKey, UsagePlan},
    page::PageRequest,
    table::Namespace,
    usage_plans::find,
};
use crate::page::Page;
use std::sync::Arc;
use tinderbox_base::{Caller, Error, Result};
use tinderbox_store::{Commit, Op};

/// The only type of key there is.
const KEY_TYPE: &str = "API_KEY";

impl RestApis {
    /// Lets a key use a plan.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it does already, or the type is none.
    pub async fn add_key_to_plan(
        &self,
        caller: &Caller,
        plan: String,
        key: String,
        kind: &str,
    ) -> Result<Arc<ApiKey>> {
        if kind != KEY_TYPE {
            return Err(errors::bad("Usage plan key type must be API_KEY"));
        }
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            let own = find(&namespace, &plan)?;
            let found = api_keys::find(&namespace, &key)?;
            if namespace.access().belongs(&key, &plan) {
                return Err(Error::conflict(format!(
                    "Usage plan key {key} already exists in usage plan {plan}"
                )));
            }
            // Which plan counts would be open if a key had two for one stage.
            let others = namespace.access().plans_of.get(&key).cloned().unwrap_or_default();
            let shares = |other: &UsagePlan| {
                other
                    .api_stages
                    .iter()
                    .any(|a| own.api_stages.iter().any(|b| a.api_id == b.api_id && a.stage == b.stage))
            };
            let taken =
                others.iter().any(|id| namespace.access().plans.get(id).is_some_and(|other| shares(other)));
            if taken {
                return Err(Error::conflict(
                    "Usage Plan Key cannot be added because the API Key already belongs to another usage plan for \
                     the same API stage",
                ));
            }
            let op = Op::Put(namespace.place.in_plan("usageplankey", &plan, &key), bytes::Bytes::new());
            inner.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
            namespace.access_mut().plans_of.entry(key).or_default().insert(plan);
            Ok(found)
        };
        self.inner.alone(caller, work).await
    }

    /// A key of a plan.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_plan_key(&self, caller: &Caller, plan: &str, key: &str) -> Result<Arc<ApiKey>> {
        let namespace = self.inner.table.of(caller);
        find(&namespace, plan)?;
        let belongs = namespace.access().belongs(key, plan);
        if !belongs {
            return Err(errors::missing("Usage Plan Key"));
        }
        api_keys::find(&namespace, key)
    }

    /// A page of a plan's keys, those whose names begin with `name`.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_plan_keys(
        &self,
        caller: &Caller,
        plan: &str,
        name: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Arc<ApiKey>>> {
        let namespace = self.inner.table.of(caller);
        find(&namespace, plan)?;
        let keys = namespace.access().keys_of(plan);
        let named = |key: &Arc<ApiKey>| {
            name.is_none_or(|prefix| key.name.as_deref().unwrap_or_default().starts_with(prefix))
        };
        page.of(keys.into_iter().filter(named), |key| &key.id)
    }

    /// Takes a key out of a plan.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn remove_key_from_plan(&self, caller: &Caller, plan: String, key: String) -> Result<()> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            find(&namespace, &plan)?;
            if !namespace.access().belongs(&key, &plan) {
                return Err(errors::missing("Usage Plan Key"));
            }
            let op = Op::Delete(namespace.place.in_plan("usageplankey", &plan, &key));
            inner.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
            if let Some(plans) = namespace.access_mut().plans_of.get_mut(&key) {
                plans.remove(&plan);
            }
            Ok(())
        };
        self.inner.alone(caller, work).await
    }
}
