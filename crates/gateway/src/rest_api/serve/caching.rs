//! Answers that a stage keeps for a while (API Gateway guide, "Cache settings for REST APIs").
//!
//! # What is assumed about AWS
//!
//! - What is set for all methods (`*/*`) is about `GET`; others are kept where they are set by themselves.
//! - Only answers below 400 are kept.
//! - A deployment does not empty the cache.

use super::{
    StageLive,
    compiled::Route,
    exchange::Exchange,
    mapping, signed,
    trouble::{Failed, Trouble},
};
use crate::{
    gate::{self, Question},
    limits::{MAX_ANSWER_KEPT, MAX_ANSWERS_KEPT},
    rest_api::model::{Integration, MethodSetting},
};
use ::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};
use std::{sync::Arc, time::Duration};
use tinderbox_base::Monotonic;

/// What a caller needs to have an answer made anew.
const INVALIDATE: &str = "execute-api:InvalidateCache";
/// What is told to a caller who may not, where the stage wants that.
const IGNORED: &str = "199 Cache-control headers were ignored because the caller was unauthorized.";
/// How many answers of a kilobyte fill what may be kept.
const EXPECTED: usize = 65_536;

/// The answers of all APIs, bounded together.
pub(in crate::rest_api) struct Answers(Cache<String, Arc<Kept>, BySize>);

struct Kept {
    until: Monotonic,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Clone)]
struct BySize;

impl Weighter<String, Arc<Kept>> for BySize {
    fn weight(&self, key: &String, kept: &Arc<Kept>) -> u64 {
        let headers: usize = kept.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        // What the entry itself takes, roughly.
        (key.len() + headers + kept.body.len() + 256) as u64
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self(Cache::with_weighter(EXPECTED, MAX_ANSWERS_KEPT, BySize))
    }
}

impl Answers {
    /// Forgets the answers of a stage.
    pub(in crate::rest_api) fn forget(&self, api: &str, stage: &str) {
        let prefix = place(api, stage);
        self.0.retain(|key, _| !key.starts_with(&prefix));
    }
}

fn place(api: &str, stage: &str) -> String {
    format!("{api}\0{stage}\0")
}

/// That an answer is kept: under which name, and how long.
pub(super) struct Plan {
    key: String,
    ttl: Duration,
    /// Whether the client was told that it may not ask for another.
    pub(super) ignored: bool,
}

/// What is kept of a route's answers; none if nothing is.
pub(super) fn plan(exchange: &Exchange, route: &Route, integration: &Integration) -> Option<Plan> {
    // What is passed on as it comes is never there as a whole.
    let caches = |live: &&StageLive| live.stage.cache_cluster_enabled && !integration.is_streamed();
    let stage = exchange.stage().filter(caches)?;
    let setting = setting(stage, route, exchange.call.method.as_str())?;
    let seconds = u64::try_from(setting.cache_ttl_in_seconds).unwrap_or(0);
    if !setting.caching_enabled || seconds == 0 {
        return None;
    }
    // A canary has a cache of its own unless it shares the stage's.
    let shares = stage.stage.canary_settings.as_ref().is_some_and(|canary| canary.use_stage_cache);
    let canary = if exchange.canary && !shares { "canary" } else { "" };
    let mut key = place(exchange.served.api.id(), exchange.stage_name());
    let namespace = match integration.cache_namespace.as_str() {
        "" => &route.resource_id,
        own => own,
    };
    for part in [canary, namespace, exchange.call.method.as_str()] {
        key.push_str(part);
        key.push('\0');
    }
    for parameter in &integration.cache_key_parameters {
        let expression = integration.request_parameters.get(parameter).unwrap_or(parameter);
        // What is missing is not the same as what is empty.
        match mapping::value(exchange, expression, None) {
            Some(value) => key.push_str(&serde_json::Value::from(value).to_string()),
            None => key.push('-'),
        }
    }
    Some(Plan { key, ttl: Duration::from_secs(seconds), ignored: false })
}

fn setting<'s>(stage: &'s StageLive, route: &Route, method: &str) -> Option<&'s MethodSetting> {
    let settings = &stage.stage.method_settings;
    let path = route.path.trim_start_matches('/');
    let own = [method, route.method.http_method.as_str()].map(|method| format!("{path}/{method}"));
    let own = own.iter().find_map(|key| settings.get(key));
    own.or_else(|| settings.get("*/*").filter(|_| method == "GET"))
}

/// The answer that is kept, unless the client asks for another and may.
pub(super) async fn look(
    exchange: &Exchange,
    route: &Route,
    plan: &mut Plan,
) -> Result<Option<Response<Bytes>>, Failed> {
    let control = exchange.call.header(header::CACHE_CONTROL.as_str()).unwrap_or_default();
    let stage = exchange.stage();
    if control.split(',').any(|part| part.trim().eq_ignore_ascii_case("max-age=0"))
        && let Some(setting) = stage.and_then(|s| setting(s, route, exchange.call.method.as_str()))
    {
        if !setting.require_authorization_for_cache_control || may_invalidate(exchange).await {
            return Ok(None);
        }
        match setting.unauthorized_cache_control_header_strategy.as_deref() {
            Some("FAIL_WITH_403") => return Err(Failed::new(Trouble::AccessDenied, "Unauthorized")),
            Some("SUCCEED_WITHOUT_RESPONSE_HEADER") => {}
            _ => plan.ignored = true,
        }
    }
    let edge = &exchange.served.edge;
    let kept = edge.answers.0.get(&plan.key).filter(|kept| edge.clock.monotonic() < kept.until);
    Ok(kept.map(|kept| {
        let mut response = Response::new(kept.body.clone());
        *response.status_mut() = kept.status;
        *response.headers_mut() = kept.headers.clone();
        response
    }))
}

/// Whether the request is signed by somebody who may have answers made anew.
async fn may_invalidate(exchange: &Exchange) -> bool {
    let (call, api) = (&exchange.call, &exchange.served.api);
    let signer = match &exchange.signer {
        Some(signer) => signer.clone(),
        None => match call.gate.signer(call, signed::SERVICE, &api.region).await {
            Ok(signer) => signer,
            Err(_) => return false,
        },
    };
    let arn = exchange.method_arn(exchange.path());
    let question = Question {
        action: INVALIDATE,
        resource: &arn,
        owner: &api.account,
        context: gate::context(call, &api.region),
        attached: exchange.variant().and_then(|variant| variant.compiled.policy.as_ref()),
    };
    call.gate.decide(&signer, question).await.is_ok_and(|decision| decision.is_allowed())
}

/// Keeps an answer, if it is one to be kept.
pub(super) fn keep(exchange: &Exchange, plan: &Plan, response: &Response<Bytes>) {
    if response.status().as_u16() >= 400 || response.body().len() > MAX_ANSWER_KEPT {
        return;
    }
    let mut headers = response.headers().clone();
    // These tell of one request.
    headers.remove("x-tinderbox-start");
    headers.remove("x-amzn-trace-id");
    let edge = &exchange.served.edge;
    let until = edge.clock.monotonic() + plan.ttl;
    let kept = Kept { until, status: response.status(), headers, body: response.body().clone() };
    edge.answers.0.insert(plan.key.clone(), Arc::new(kept));
}

/// Tells the client that it may not ask for another answer.
pub(super) fn warn(response: &mut Response<Bytes>) {
    response.headers_mut().insert(header::WARNING, HeaderValue::from_static(IGNORED));
}
