//! Usage plans.

use super::{
    Inner, RestApis, errors,
    keys::encode,
    model::{ApiStage, UsagePlan},
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, patch, segments, typed},
    table::Namespace,
};
use crate::ids;
use crate::page::Page;
use std::sync::Arc;
use tinderbox_base::{Caller, Error, Result};
use tinderbox_store::{Commit, Op};

/// Plans of one account in one region (quotas: usage plans, 300).
const MAX_PLANS: usize = 300;

const RULES: [Rule; 10] = [
    ("/name", Kind::Text),
    ("/description", Kind::Text),
    ("/productCode", Kind::Text),
    ("/throttle", Kind::Removable),
    ("/throttle/burstLimit", Kind::Whole),
    ("/throttle/rateLimit", Kind::Number),
    ("/quota", Kind::Removable),
    ("/quota/limit", Kind::Whole),
    ("/quota/offset", Kind::Whole),
    ("/quota/period", Kind::Text),
];

impl RestApis {
    /// Makes a plan.
    ///
    /// # Errors
    /// It is none that can be, names a stage that does not exist, or there are too many.
    pub async fn create_plan(&self, caller: &Caller, new: UsagePlan) -> Result<Arc<UsagePlan>> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            if namespace.access().plans.len() >= MAX_PLANS {
                return Err(errors::too_many("usage plans", MAX_PLANS));
            }
            let plan = UsagePlan { id: ids::part(&*inner.random), ..new };
            for stage in &plan.api_stages {
                if namespace.stage(&stage.api_id, &stage.stage).is_err() {
                    return Err(Error::not_found(format!(
                        "API Stage not found: {}:{}",
                        stage.api_id, stage.stage
                    )));
                }
            }
            put(&inner, &namespace, plan).await
        };
        self.inner.alone(caller, work).await
    }

    /// A plan.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_plan(&self, caller: &Caller, id: &str) -> Result<Arc<UsagePlan>> {
        find(&self.inner.table.of(caller), id)
    }

    /// A page of the plans, or of those that a key belongs to.
    ///
    /// # Errors
    /// The limit is none.
    pub fn list_plans(
        &self,
        caller: &Caller,
        key: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Arc<UsagePlan>>> {
        let namespace = self.inner.table.of(caller);
        let access = namespace.access();
        let wanted = |plan: &&Arc<UsagePlan>| key.is_none_or(|key| access.belongs(key, &plan.id));
        page.of(access.plans.values().filter(wanted).cloned(), |plan| &plan.id)
    }

    /// Changes a plan.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_plan(
        &self,
        caller: &Caller,
        id: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Arc<UsagePlan>> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            let mut plan = UsagePlan::clone(&*find(&namespace, &id)?);
            for operation in &operations {
                plan = updated(&namespace, plan, operation)?;
            }
            put(&inner, &namespace, plan).await
        };
        self.inner.alone(caller, work).await
    }

    /// Deletes a plan.
    ///
    /// # Errors
    /// `NotFound`, or it has stages.
    pub async fn delete_plan(&self, caller: &Caller, id: String) -> Result<()> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            let plan = find(&namespace, &id)?;
            let exists = |stage: &ApiStage| namespace.stage(&stage.api_id, &stage.stage).is_ok();
            if plan.api_stages.iter().any(exists) {
                return Err(errors::bad(format!(
                    "Cannot delete usage plan {id} because there are existing API stages associated with it"
                )));
            }
            let keys = namespace.access().keys_of(&id);
            let mut ops = vec![Op::Delete(namespace.place.of("usageplan", &id))];
            for key in &keys {
                ops.push(Op::Delete(namespace.place.in_plan("usageplankey", &id, &key.id)));
                ops.push(Op::Delete(namespace.place.in_plan("usage", &id, &key.id)));
            }
            inner.store.commit(Commit { ops, ..Commit::default() }).await?;
            let mut access = namespace.access_mut();
            access.plans.remove(&id);
            for plans in access.plans_of.values_mut() {
                plans.remove(&id);
            }
            namespace.counters.forget(&id, None);
            Ok(())
        };
        self.inner.alone(caller, work).await
    }
}

/// A plan of the namespace.
pub(super) fn find(namespace: &Namespace, id: &str) -> Result<Arc<UsagePlan>> {
    namespace.access().plans.get(id).cloned().ok_or_else(errors::usage_plan)
}

async fn put(inner: &Inner, namespace: &Namespace, plan: UsagePlan) -> Result<Arc<UsagePlan>> {
    check(&plan)?;
    let op = Op::Put(namespace.place.of("usageplan", &plan.id), encode(&plan)?);
    inner.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
    let plan = Arc::new(plan);
    namespace.access_mut().plans.insert(plan.id.clone(), Arc::clone(&plan));
    Ok(plan)
}

fn check(plan: &UsagePlan) -> Result<()> {
    if plan.name.trim().is_empty() {
        return Err(errors::bad("Usage plan name cannot be blank"));
    }
    let throttles =
        plan.throttle.iter().chain(plan.api_stages.iter().flat_map(|stage| stage.throttle.values()));
    for throttle in throttles {
        if throttle.burst_limit < 0 || throttle.rate_limit < 0.0 {
            return Err(errors::bad("Usage plan throttle limits must not be negative"));
        }
    }
    let Some(quota) = &plan.quota else { return Ok(()) };
    if !["DAY", "WEEK", "MONTH"].contains(&quota.period.as_str()) {
        return Err(errors::bad("Usage plan quota period must be one of: DAY, WEEK, MONTH"));
    }
    if quota.limit < 0 || quota.offset < 0 {
        return Err(errors::bad("Usage plan quota limits must not be negative"));
    }
    let most = match quota.period.as_str() {
        "DAY" => 0,
        "WEEK" => 6,
        _ => 27,
    };
    if quota.offset > most {
        return Err(errors::bad(format!("Usage plan quota offset must be between 0 and {most}")));
    }
    Ok(())
}

/// The plan after one operation. Stages that it has may be gone; one that is added may not.
fn updated(namespace: &Namespace, mut plan: UsagePlan, operation: &PatchOperation) -> Result<UsagePlan> {
    let path = segments(&operation.path);
    let value = operation.value.as_deref().unwrap_or_default();
    let wrong = || errors::bad("Invalid API Stage specified");
    match (&path.iter().map(String::as_str).collect::<Vec<_>>()[..], operation.op.as_str()) {
        (["apiStages"], "add") => {
            let (api, stage) = value.split_once(':').ok_or_else(wrong)?;
            if namespace.stage(api, stage).is_err() {
                return Err(Error::not_found(format!(
                    "Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {}",
                    plan.id
                )));
            }
            if !plan.api_stages.iter().any(|s| s.api_id == api && s.stage == stage) {
                let new = ApiStage { api_id: api.into(), stage: stage.into(), ..ApiStage::default() };
                plan.api_stages.push(new);
            }
            Ok(plan)
        }
        (["apiStages"], "remove") => {
            let (api, stage) = value.split_once(':').ok_or_else(wrong)?;
            plan.api_stages.retain(|s| !(s.api_id == api && s.stage == stage));
            Ok(plan)
        }
        (["apiStages", name, "throttle", method, rest @ ..], op) => {
            let (api, stage) = name.split_once(':').ok_or_else(wrong)?;
            let found = plan.api_stages.iter_mut().find(|s| s.api_id == api && s.stage == stage);
            let throttles = &mut found.ok_or_else(wrong)?.throttle;
            let throttle = throttles.entry((*method).to_owned()).or_default();
            match (rest, op) {
                ([], "remove") => drop(throttles.remove(*method)),
                (["rateLimit"], _) => {
                    let rate = typed(Kind::Number, operation.value.as_deref(), operation)?;
                    throttle.rate_limit = rate.as_f64().unwrap_or_default();
                }
                (["burstLimit"], _) => {
                    let burst = typed(Kind::Whole, operation.value.as_deref(), operation)?;
                    throttle.burst_limit = burst.as_i64().unwrap_or_default();
                }
                _ => return patch(&plan, std::slice::from_ref(operation), &RULES),
            }
            Ok(plan)
        }
        _ => patch(&plan, std::slice::from_ref(operation), &RULES),
    }
}
