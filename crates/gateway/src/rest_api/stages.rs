//! Stages: deployments under a name.

use super::{
    Inner, RestApis, errors,
    model::{Api, MethodSetting, Stage},
    patch::{Kind, PatchOperation, Rule, patch, segments, typed},
    stage_checks::check,
};
use std::sync::Arc;
use tinderbox_base::{Caller, Error, Result};

/// Stages of one API. AWS begins with 10 and raises it on request.
const MAX_STAGES: usize = 100;

const RULES: [Rule; 18] = [
    ("/description", Kind::Text),
    ("/deploymentId", Kind::Text),
    ("/clientCertificateId", Kind::Text),
    ("/documentationVersion", Kind::Text),
    ("/tracingEnabled", Kind::Flag),
    ("/cacheClusterEnabled", Kind::Flag),
    ("/cacheClusterSize", Kind::Text),
    ("/variables/*", Kind::Text),
    ("/accessLogSettings/format", Kind::Text),
    ("/accessLogSettings/destinationArn", Kind::Text),
    ("/accessLogSettings", Kind::Removable),
    ("/canarySettings/percentTraffic", Kind::Number),
    ("/canarySettings/deploymentId", Kind::Text),
    ("/canarySettings/stageVariableOverrides/*", Kind::Text),
    ("/canarySettings/useStageCache", Kind::Flag),
    ("/canarySettings", Kind::Removable),
    ("/canarySettings/stageVariableOverrides", Kind::Removable),
    ("/variables", Kind::Removable),
];

/// Settings of methods: the end of the path, the setting's name, and what it holds.
const METHOD_RULES: [(&str, &str, Kind); 10] = [
    ("metrics/enabled", "metricsEnabled", Kind::Flag),
    ("logging/loglevel", "loggingLevel", Kind::Text),
    ("logging/dataTrace", "dataTraceEnabled", Kind::Flag),
    ("throttling/burstLimit", "throttlingBurstLimit", Kind::Whole),
    ("throttling/rateLimit", "throttlingRateLimit", Kind::Number),
    ("caching/enabled", "cachingEnabled", Kind::Flag),
    ("caching/ttlInSeconds", "cacheTtlInSeconds", Kind::Whole),
    ("caching/dataEncrypted", "cacheDataEncrypted", Kind::Flag),
    ("caching/requireAuthorizationForCacheControl", "requireAuthorizationForCacheControl", Kind::Flag),
    ("caching/unauthorizedCacheControlHeaderStrategy", "unauthorizedCacheControlHeaderStrategy", Kind::Text),
];

impl RestApis {
    /// Adds a stage to an API.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it exists, or it is none that can be.
    pub async fn create_stage(&self, caller: &Caller, api: &str, new: Stage) -> Result<Arc<Stage>> {
        let change = move |inner: &Inner, api: &mut Api| {
            if api.stages.contains_key(&new.stage_name) {
                return Err(Error::conflict("Stage already exists"));
            }
            let now = inner.clock.now();
            put(api, Stage { created_date: now, last_updated_date: now, ..new })
        };
        self.inner.change(caller, api, change).await
    }

    /// A stage.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_stage(&self, caller: &Caller, api: &str, name: &str) -> Result<Arc<Stage>> {
        self.inner.table.of(caller).stage(api, name)
    }

    /// All stages, or those that serve one deployment.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn list_stages(
        &self,
        caller: &Caller,
        api: &str,
        deployment: Option<&str>,
    ) -> Result<Vec<Arc<Stage>>> {
        let api = self.inner.table.of(caller).api(api)?;
        let wanted = |stage: &&Arc<Stage>| deployment.is_none_or(|id| stage.deployment_id == id);
        Ok(api.stages.values().filter(wanted).cloned().collect())
    }

    /// Changes a stage.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_stage(
        &self,
        caller: &Caller,
        api: &str,
        name: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Arc<Stage>> {
        let change = move |inner: &Inner, api: &mut Api| {
            let mut stage = Stage::clone(api.stages.get(&name).ok_or_else(errors::stage)?);
            for operation in &operations {
                stage = updated(stage, operation)?;
            }
            stage.last_updated_date = inner.clock.now();
            put(api, stage)
        };
        let stage = self.inner.change(caller, api, change).await?;
        if !stage.cache_cluster_enabled {
            self.inner.edge.answers.forget(api, &stage.stage_name);
        }
        Ok(stage)
    }

    /// Deletes a stage.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_stage(&self, caller: &Caller, api: &str, name: String) -> Result<()> {
        let stage = name.clone();
        let change =
            move |_: &Inner, api: &mut Api| api.stages.remove(&name).map(drop).ok_or_else(errors::stage);
        self.inner.change(caller, api, change).await?;
        self.inner.edge.answers.forget(api, &stage);
        Ok(())
    }

    /// Forgets the answers that a stage keeps.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn flush_answers(&self, caller: &Caller, api: &str, name: &str) -> Result<()> {
        self.inner.table.of(caller).stage(api, name)?;
        self.inner.edge.answers.forget(api, name);
        Ok(())
    }
}

/// The stage after one operation.
fn updated(mut stage: Stage, operation: &PatchOperation) -> Result<Stage> {
    if operation.op == "copy" {
        return copied(stage, operation);
    }
    let path = segments(&operation.path);
    // `/{resource path}/{method}/throttling/rateLimit`, where `*` may stand for either.
    if let [resource, method, rest @ ..] = &path[..]
        && !rest.is_empty()
        && let Some((_, name, kind)) = METHOD_RULES.iter().find(|(end, ..)| *end == rest.join("/"))
    {
        let key = format!("{}/{method}", resource.trim_start_matches('/'));
        let old = stage.method_settings.remove(&key).unwrap_or_default();
        let mut tree = serde_json::to_value(old).map_err(Error::internal)?;
        if let Some(settings) = tree.as_object_mut() {
            match operation.op.as_str() {
                "remove" => drop(settings.remove(*name)),
                _ => drop(
                    settings.insert((*name).to_owned(), typed(*kind, operation.value.as_deref(), operation)?),
                ),
            }
        }
        let new: MethodSetting = serde_json::from_value(tree).map_err(Error::internal)?;
        stage.method_settings.insert(key, new);
        return Ok(stage);
    }
    if let ([resource, method], "remove") = (&path[..], operation.op.as_str()) {
        let key = format!("{}/{method}", resource.trim_start_matches('/'));
        if stage.method_settings.remove(&key).is_some() {
            return Ok(stage);
        }
    }
    patch(&stage, std::slice::from_ref(operation), &RULES)
}

/// Promotes what a canary has to all requests.
fn copied(mut stage: Stage, operation: &PatchOperation) -> Result<Stage> {
    let from = operation.from.as_deref().unwrap_or_default();
    let canary = stage.canary_settings.clone();
    let canary = canary.ok_or_else(|| errors::bad("The stage has no canary settings to copy from"))?;
    match (from, operation.path.as_str()) {
        ("/canarySettings/deploymentId", "/deploymentId") => {
            stage.deployment_id = canary.deployment_id.unwrap_or(stage.deployment_id);
        }
        // The overrides take their place among the stage's variables; the others stay.
        ("/canarySettings/stageVariableOverrides", "/variables") => {
            stage.variables.extend(canary.stage_variable_overrides);
        }
        (from, path) => {
            let from_name = from.strip_prefix("/canarySettings/stageVariableOverrides/");
            let (Some(from_name), Some(name)) = (from_name, path.strip_prefix("/variables/")) else {
                return Err(errors::bad(format!(
                    "Invalid patch path '{path}' specified for op 'copy' from '{from}'"
                )));
            };
            let value = canary.stage_variable_overrides.get(from_name);
            let value = value
                .ok_or_else(|| errors::bad(format!("Invalid patch path '{from}' specified for op 'copy'")))?;
            stage.variables.insert(name.to_owned(), value.clone());
        }
    }
    Ok(stage)
}

/// Puts a stage in place, if it can be.
pub(super) fn put(api: &mut Api, stage: Stage) -> Result<Arc<Stage>> {
    check(api, &stage)?;
    if !api.stages.contains_key(&stage.stage_name) && api.stages.len() >= MAX_STAGES {
        return Err(errors::too_many("stages for this API", MAX_STAGES));
    }
    let stage = Arc::new(stage);
    api.stages.insert(stage.stage_name.clone(), Arc::clone(&stage));
    Ok(stage)
}
