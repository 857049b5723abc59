//! API keys.

use super::{
    Inner, RestApis, errors,
    keys::encode,
    model::{ApiKey, Texts},
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, replace},
    table::Namespace,
};
use crate::ids;
use crate::page::Page;
use std::sync::Arc;
use tinderbox_base::{Caller, Error, Result};
use tinderbox_store::{Commit, Op};

/// Keys of one account in one region (quotas: API keys, 10,000).
const MAX_KEYS: usize = 10_000;
/// Characters of a key's value (API Gateway guide, "API keys": 20 to 128).
const VALUE_LENGTH: std::ops::RangeInclusive<usize> = 20..=128;

const RULES: [Rule; 4] = [
    ("/description", Kind::Text),
    ("/enabled", Kind::Flag),
    ("/name", Kind::Text),
    ("/customerId", Kind::Text),
];

/// What a new key is to be.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// What callers send; drawn if none is given.
    pub value: Option<String>,
    /// A customer.
    pub customer_id: Option<String>,
    /// Its tags.
    pub tags: Texts,
}

/// Which keys are listed.
#[derive(Clone, Debug, Default)]
pub struct ListKeys {
    /// Those whose names begin so.
    pub name: Option<String>,
    /// Those of this customer.
    pub customer_id: Option<String>,
    /// Which page of them.
    pub page: PageRequest,
}

impl RestApis {
    /// Makes a key.
    ///
    /// # Errors
    /// `Conflict` when another has the same value; the value is none that can be; there are too many.
    pub async fn create_key(&self, caller: &Caller, new: NewKey) -> Result<Arc<ApiKey>> {
        let inner = &self.inner;
        if new.value.as_ref().is_some_and(|value| !VALUE_LENGTH.contains(&value.chars().count())) {
            return Err(errors::bad(
                "API Key value should be at least 20 characters and at most 128 characters",
            ));
        }
        let now = inner.clock.now();
        let key = Arc::new(ApiKey {
            id: ids::api(&*inner.random),
            value: new.value.unwrap_or_else(|| ids::key_value(&*inner.random)),
            name: new.name,
            customer_id: new.customer_id,
            description: new.description,
            enabled: new.enabled,
            created_date: now,
            last_updated_date: now,
            tags: new.tags,
        });
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            {
                let access = namespace.access();
                if access.by_value.contains_key(&key.value) {
                    return Err(Error::conflict("API Key already exists"));
                }
                if access.keys.len() >= MAX_KEYS {
                    return Err(errors::too_many("API keys", MAX_KEYS));
                }
            }
            put(&inner, &namespace, &key).await?;
            Ok(key)
        };
        inner.alone(caller, work).await
    }

    /// A key.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_key(&self, caller: &Caller, id: &str) -> Result<Arc<ApiKey>> {
        find(&self.inner.table.of(caller), id)
    }

    /// A page of the keys.
    ///
    /// # Errors
    /// The limit is none.
    pub fn list_keys(&self, caller: &Caller, list: &ListKeys) -> Result<Page<Arc<ApiKey>>> {
        let namespace = self.inner.table.of(caller);
        let access = namespace.access();
        let named = |key: &&Arc<ApiKey>| {
            let name = key.name.as_deref().unwrap_or_default();
            list.name.as_deref().is_none_or(|prefix| name.starts_with(prefix))
                && (list.customer_id.is_none() || list.customer_id == key.customer_id)
        };
        list.page.of(access.keys.values().filter(named).cloned(), |key| &key.id)
    }

    /// Changes a key.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_key(
        &self,
        caller: &Caller,
        id: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Arc<ApiKey>> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            let old = find(&namespace, &id)?;
            let mut new: ApiKey = replace(&*old, &operations, &RULES)?;
            new.last_updated_date = inner.clock.now();
            let new = Arc::new(new);
            put(&inner, &namespace, &new).await?;
            Ok(new)
        };
        self.inner.alone(caller, work).await
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_key(&self, caller: &Caller, id: String) -> Result<()> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            let key = find(&namespace, &id)?;
            let plans = namespace.access().plans_of.get(&id).cloned().unwrap_or_default();
            let place = &namespace.place;
            let mut ops = vec![Op::Delete(place.of("apikey", &id))];
            for plan in &plans {
                ops.push(Op::Delete(place.in_plan("usageplankey", plan, &id)));
                ops.push(Op::Delete(place.in_plan("usage", plan, &id)));
            }
            inner.store.commit(Commit { ops, ..Commit::default() }).await?;
            let mut access = namespace.access_mut();
            access.keys.remove(&id);
            access.by_value.remove(&key.value);
            access.plans_of.remove(&id);
            for plan in &plans {
                namespace.counters.forget(plan, Some(&id));
            }
            Ok(())
        };
        self.inner.alone(caller, work).await
    }
}

/// A key of the namespace.
pub(super) fn find(namespace: &Namespace, id: &str) -> Result<Arc<ApiKey>> {
    namespace.access().keys.get(id).cloned().ok_or_else(|| errors::missing("API Key"))
}

async fn put(inner: &Inner, namespace: &Namespace, key: &Arc<ApiKey>) -> Result<()> {
    let op = Op::Put(namespace.place.of("apikey", &key.id), encode(&**key)?);
    inner.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
    let mut access = namespace.access_mut();
    access.by_value.insert(key.value.clone(), key.id.clone());
    access.keys.insert(key.id.clone(), Arc::clone(key));
    Ok(())
}
