//! Stages: deployments under a name.

use super::{
    Inner, RestApis, errors,
    model::{Api, MethodSetting, Stage},
    patch::{Kind, PatchOperation, Rule, patch, segments, typed},
};
use crate::access_log::Format;
use std::sync::Arc;
use tinderbox_base::{Arn, Caller, Error, Result};

/// Stages of one API. AWS begins with 10 and raises it on request.
const MAX_STAGES: usize = 100;
/// The longest name of a stage.
const MAX_NAME: usize = 128;

const RULES: [Rule; 16] = [
    ("/description", Kind::Text),
    ("/deploymentId", Kind::Text),
    ("/clientCertificateId", Kind::Text),
    ("/documentationVersion", Kind::Text),
    ("/tracingEnabled", Kind::Flag),
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
        self.inner.change(caller, api, change).await
    }

    /// Deletes a stage.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_stage(&self, caller: &Caller, api: &str, name: String) -> Result<()> {
        let change =
            move |_: &Inner, api: &mut Api| api.stages.remove(&name).map(drop).ok_or_else(errors::stage);
        self.inner.change(caller, api, change).await
    }
}

/// The stage after one operation.
fn updated(mut stage: Stage, operation: &PatchOperation) -> Result<Stage> {
    if operation.op == "copy" {
        return copied(stage, operation);
    }
    let path = segments(&operation.path);
    if path.first().is_some_and(|first| first.starts_with("cacheCluster")) {
        return Err(errors::absent("cache clusters"));
    }
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

fn check(api: &Api, stage: &Stage) -> Result<()> {
    let name = &stage.stage_name;
    let fine = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !fine || name.is_empty() || name.len() > MAX_NAME {
        return Err(errors::bad("Stage name only allows a-zA-Z0-9_-"));
    }
    let known = |id: &str| api.deployments.contains_key(id);
    let canary = stage.canary_settings.as_ref();
    if !known(&stage.deployment_id)
        || canary.and_then(|c| c.deployment_id.as_deref()).is_some_and(|id| !known(id))
    {
        return Err(errors::bad("Deployment id does not exist"));
    }
    if canary.is_some_and(|canary| !(0.0..=100.0).contains(&canary.percent_traffic)) {
        return Err(errors::bad("Percent traffic must be between 0.0 and 100.0"));
    }
    variables(stage)?;
    access_log(stage)?;
    let levels = ["OFF", "ERROR", "INFO"];
    let strange =
        |s: &MethodSetting| s.logging_level.as_deref().is_some_and(|level| !levels.contains(&level));
    if stage.method_settings.values().any(strange) {
        return Err(errors::bad("Invalid logging level specified. Must be one of: OFF, ERROR, INFO"));
    }
    Ok(())
}

/// Names and values of variables, as the page "Amazon API Gateway stage variables reference" allows them.
fn variables(stage: &Stage) -> Result<()> {
    let overrides = stage.canary_settings.iter().flat_map(|canary| &canary.stage_variable_overrides);
    for (name, value) in stage.variables.iter().chain(overrides) {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(errors::bad("Stage variable names only allow a-zA-Z0-9_"));
        }
        if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&b)) {
            return Err(errors::bad("Stage variable values only allow A-Za-z0-9-._~:/?#&=,"));
        }
    }
    Ok(())
}

fn access_log(stage: &Stage) -> Result<()> {
    let Some(log) = &stage.access_log_settings else { return Ok(()) };
    if let Some(format) = log.format.as_deref().filter(|f| !f.is_empty())
        && !Format::parse(format).names_request()
    {
        return Err(errors::bad(
            "Access Log format must contain at least a reference to $context.requestId or $context.extendedRequestId.",
        ));
    }
    let Some(arn) = log.destination_arn.as_deref().filter(|a| !a.is_empty()) else { return Ok(()) };
    let group = log_group(arn);
    group
        .map(drop)
        .ok_or_else(|| errors::bad("Invalid ARN specified in the request: it must be that of a log group"))
}

/// The log group that an ARN names.
pub(super) fn log_group(arn: &str) -> Option<String> {
    let arn: Arn = arn.parse().ok().filter(|arn: &Arn| arn.service == "logs")?;
    let name = arn.resource.strip_prefix("log-group:")?;
    let name = name.strip_suffix(":*").unwrap_or(name);
    (!name.is_empty()).then(|| name.to_owned())
}
