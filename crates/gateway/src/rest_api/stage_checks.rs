//! Whether a stage is one that can be.

use super::{
    errors,
    model::{Api, MethodSetting, Stage},
};
use crate::access_log::{Format, log_group};
use tinderbox_base::Result;

/// Sizes of caches, in gigabytes (API Gateway API, `cacheClusterSize`).
const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];
/// Seconds that answers are kept (API Gateway guide, "Cache settings for REST APIs": at most 3600).
const CACHE_TTL: std::ops::RangeInclusive<i64> = 0..=3600;
/// What callers hear who may not have answers made anew.
const STRATEGIES: [&str; 3] =
    ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"];
/// The longest name of a stage.
const MAX_NAME: usize = 128;

/// Refuses a stage that cannot be.
pub(super) fn check(api: &Api, stage: &Stage) -> Result<()> {
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
    cache(stage)
}

fn cache(stage: &Stage) -> Result<()> {
    if let Some(size) = stage.cache_cluster_size.as_deref().filter(|size| !CACHE_SIZES.contains(size)) {
        return Err(errors::bad(format!(
            "Invalid cache cluster size '{size}' specified. Must be one of: {}",
            CACHE_SIZES.join(", ")
        )));
    }
    for setting in stage.method_settings.values() {
        if !CACHE_TTL.contains(&setting.cache_ttl_in_seconds) {
            return Err(errors::bad("Invalid cache TTL specified, must be between 0 and 3600"));
        }
        let strategy = setting.unauthorized_cache_control_header_strategy.as_deref();
        if strategy.is_some_and(|strategy| !STRATEGIES.contains(&strategy)) {
            return Err(errors::bad(format!(
                "Invalid unauthorized cache control header strategy specified. Must be one of: {}",
                STRATEGIES.join(", ")
            )));
        }
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
