//! How often and how much: throttling of stages, API keys, and their plans.

use super::{
    compiled::Route,
    exchange::Exchange,
    trouble::{Failed, Trouble},
};
use crate::{
    rest_api::model::{ApiStage, MethodSetting, Throttle, UsagePlan},
    throttle::{Buckets, Rate},
};
use std::sync::Arc;

/// Throttles by what is set for the stage's method, or for all of them.
pub(super) fn stage(exchange: &Exchange, route: &Route) -> Result<(), Failed> {
    let Some(stage) = exchange.stage() else { return Ok(()) };
    let settings = &stage.stage.method_settings;
    if settings.is_empty() {
        return Ok(());
    }
    let own = format!("{}/{}", route.path.trim_start_matches('/'), route.method.http_method);
    let found = settings.get_key_value(&own).or_else(|| settings.get_key_value("*/*"));
    let Some(rate) = found.and_then(|(_, setting)| rate(setting)) else { return Ok(()) };
    let name = format!("{}\0{own}", exchange.stage_name());
    pass(exchange, &exchange.served.runtime.buckets, &name, rate)
}

fn rate(setting: &MethodSetting) -> Option<Rate> {
    let (rate, burst) = (setting.throttling_rate_limit, setting.throttling_burst_limit);
    (rate >= 0.0 && burst >= 0).then_some(Rate { rate, burst: burst as f64 })
}

fn of(throttle: Throttle) -> Rate {
    Rate { rate: throttle.rate_limit, burst: throttle.burst_limit as f64 }
}

fn pass(exchange: &Exchange, buckets: &Buckets, name: &str, rate: Rate) -> Result<(), Failed> {
    let now = exchange.served.edge.clock.monotonic();
    if buckets.take(name, rate, now) {
        Ok(())
    } else {
        Err(Failed::new(Trouble::Throttled, "Too Many Requests"))
    }
}

/// Checks the API key where the method wants one, and counts the request against its plan.
pub(super) fn key(exchange: &mut Exchange, route: &Route) -> Result<(), Failed> {
    if !route.method.api_key_required {
        return Ok(());
    }
    let forbidden = || Failed::forbidden(Trouble::InvalidApiKey);
    let definition = exchange.variant().map(|variant| &variant.compiled.definition.settings);
    let from_authorizer = definition.is_some_and(|s| s.api_key_source.as_deref() == Some("AUTHORIZER"));
    let value = if from_authorizer {
        exchange.authorization.as_ref().and_then(|authorization| authorization.usage_key.as_deref())
    } else {
        exchange.call.header("x-api-key")
    };
    let value = value.ok_or_else(forbidden)?;
    let namespace = Arc::clone(&exchange.served.namespace);
    let (key, plan) = {
        let access = namespace.access();
        let key = access.by_value.get(value).and_then(|id| access.keys.get(id)).filter(|key| key.enabled);
        let key = key.ok_or_else(forbidden)?;
        let plans = access.plans_of.get(&key.id).into_iter().flatten().filter_map(|id| access.plans.get(id));
        let plan = plans.filter(|plan| covers(exchange, plan).is_some()).min_by_key(|plan| &plan.id);
        (Arc::clone(key), Arc::clone(plan.ok_or_else(forbidden)?))
    };
    let own = format!("{}/{}", route.path, route.method.http_method);
    let single = covers(exchange, &plan).and_then(|stage| stage.throttle.get(&own).map(|t| (stage, *t)));
    if let Some((stage, throttle)) = single {
        let name = format!("{}\0{}\0{}\0{}\0{own}", plan.id, key.id, stage.api_id, stage.stage);
        pass(exchange, &namespace.buckets, &name, of(throttle))?;
    } else if let Some(throttle) = plan.throttle {
        pass(exchange, &namespace.buckets, &format!("{}\0{}", plan.id, key.id), of(throttle))?;
    }
    exchange.api_key = Some(Arc::clone(&key));
    if namespace.counters.count(&plan.id, &key.id, plan.quota.as_ref(), exchange.call.received) {
        Ok(())
    } else {
        Err(Failed::new(Trouble::QuotaExceeded, "Limit Exceeded"))
    }
}

fn covers<'a>(exchange: &Exchange, plan: &'a UsagePlan) -> Option<&'a ApiStage> {
    let (api, stage) = (exchange.served.api.id(), exchange.stage_name());
    plan.api_stages.iter().find(|own| own.api_id == api && own.stage == stage)
}
