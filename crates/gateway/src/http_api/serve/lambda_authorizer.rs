//! Functions that say who may call.

use super::{
    RouteLive, StageLive,
    event::{Event, RawPath},
    exchange::Exchange,
    failed::Failed,
    function::caller,
    identity,
};
use crate::{
    function::{self, Called, with_variables},
    gate,
    http_api::{integrations, model::Authorizer},
    json::{self, Object},
    policy::{self, Asked},
    proxy::{self, shown_headers},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use tinderbox_base::policy::Policy;

/// How long the function may take (quotas: Lambda authorizer timeout, 10 seconds).
const TIMEOUT: Duration = Duration::from_secs(10);
/// Entries of a context, and their bytes as JSON together.
const MAX_CONTEXT: usize = 100;
const MAX_CONTEXT_BYTES: usize = 16 * 1024;

/// What a function said about an identity.
#[derive(Debug)]
pub(super) struct Decision {
    verdict: Says,
    pub(super) principal: Option<String>,
    pub(super) context: Map<String, Value>,
}

#[derive(Debug)]
enum Says {
    /// Yes or no.
    Plainly(bool),
    /// What may be called, by a policy.
    ByPolicy(Policy),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Simple {
    is_authorized: bool,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithPolicy {
    principal_id: String,
    policy_document: Value,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

/// Asks the route's function, or remembers what it said.
pub(super) async fn ask(
    exchange: &Exchange,
    stage: &StageLive,
    route: &RouteLive,
) -> Result<Arc<Decision>, Failed> {
    let authorizer =
        route.authorizer.as_ref().ok_or_else(|| Failed::internal("the route has no authorizer"))?;
    let mut identities = Vec::new();
    for source in &authorizer.identity_source {
        let missing = || Failed::unauthorized(format!("the request has no {source}"));
        identities.push(identity::of(exchange, stage, source).ok_or_else(missing)?);
    }
    let arn = exchange.route_arn(stage, exchange.path_in(stage));
    let ttl =
        authorizer.authorizer_result_ttl_in_seconds.and_then(|ttl| u64::try_from(ttl).ok()).unwrap_or(0);
    let now = exchange.served.edge.clock.monotonic();
    let runtime = &exchange.served.runtime;
    let key = format!("{}\0{}\0{}", stage.stage.stage_name, authorizer.id, identities.join("\0"));
    let kept = if ttl > 0 { runtime.decision(&key, now) } else { None };
    let decision = match kept {
        Some(decision) => decision,
        None => {
            let decision = Arc::new(call(exchange, stage, authorizer, &identities, &arn).await?);
            if ttl > 0 {
                runtime.keep(key, now + Duration::from_secs(ttl), Arc::clone(&decision));
            }
            decision
        }
    };
    let allowed = match &decision.verdict {
        Says::Plainly(allowed) => *allowed,
        Says::ByPolicy(policy) => {
            let api = &exchange.served.api;
            let context = gate::context(&exchange.call, &api.region);
            let asked = Asked { arn: &arn, owner: &api.account, context: &context };
            policy::judge(asked, Some(policy), None).is_allowed()
        }
    };
    if allowed { Ok(decision) } else { Err(Failed::forbidden("the authorizer does not allow it")) }
}

async fn call(
    exchange: &Exchange,
    stage: &StageLive,
    authorizer: &Authorizer,
    identities: &[String],
    arn: &str,
) -> Result<Decision, Failed> {
    let uri = authorizer.authorizer_uri.as_deref().unwrap_or_default();
    let uri = with_variables(uri, &stage.stage.stage_variables);
    let function = integrations::function(&uri);
    let function = function.ok_or_else(|| Failed::internal("the authorizer names no function"))?;
    let old = authorizer.authorizer_payload_format_version.as_deref() == Some("1.0");
    let event = if old {
        old_event(exchange, stage, identities, arn)
    } else {
        event(exchange, stage, identities, arn)
    };
    let api = &exchange.served.api;
    let source = format!(
        "arn:aws:execute-api:{}:{}:{}/authorizers/{}",
        api.region,
        api.account,
        api.id(),
        authorizer.id
    );
    let caller = caller(exchange, source, authorizer.authorizer_credentials_arn.as_deref());
    let reply = match function::call(&exchange.served.edge.targets, caller, function, event, TIMEOUT).await {
        Called::Answered(reply) if !reply.failed => reply,
        Called::Answered(_) => return Err(Failed::internal("the authorizer failed")),
        Called::TimedOut => return Err(Failed::internal("the authorizer did not answer in time")),
        Called::Refused(error) => return Err(Failed::internal(error.to_string())),
    };
    let simple = authorizer.enable_simple_responses == Some(true);
    read(&reply.payload, simple)
        .ok_or_else(|| Failed::internal("the authorizer's answer is not of the form it must have"))
}

fn read(payload: &[u8], simple: bool) -> Option<Decision> {
    let decision = if simple {
        let answer: Simple = serde_json::from_slice(payload).ok()?;
        Decision {
            verdict: Says::Plainly(answer.is_authorized),
            principal: None,
            context: answer.context.unwrap_or_default(),
        }
    } else {
        let answer: WithPolicy = serde_json::from_slice(payload).ok()?;
        Decision {
            verdict: Says::ByPolicy(policy::answered(&answer.policy_document).ok()?),
            principal: Some(answer.principal_id),
            context: answer.context.unwrap_or_default(),
        }
    };
    let bytes: usize =
        decision.context.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
    (decision.context.len() <= MAX_CONTEXT && bytes <= MAX_CONTEXT_BYTES).then_some(decision)
}

/// The event of format 2.0.
fn event(exchange: &Exchange, stage: &StageLive, identities: &[String], arn: &str) -> Bytes {
    let mut out = Vec::with_capacity(2048);
    let mut object = Object::begin(&mut out);
    object.text("version", "2.0");
    object.text("type", "REQUEST");
    object.text("routeArn", arn);
    let identities: Vec<_> = identities.iter().map(String::as_str).collect();
    if identities.is_empty() {
        object.raw("identitySource", b"null");
    } else {
        super::event::list(&identities, object.key("identitySource"));
    }
    let event = Event {
        call: &exchange.call,
        path: RawPath::Decoded,
        query: &exchange.query,
        params: &exchange.params,
        route_key: exchange.route_key(),
        variables: &stage.variables_json,
    };
    event.request(&mut object, |out| exchange.write_context(out));
    object.end();
    out.into()
}

/// The event of format 1.0.
fn old_event(exchange: &Exchange, stage: &StageLive, identities: &[String], arn: &str) -> Bytes {
    let mut out = Vec::with_capacity(2048);
    let mut object = Object::begin(&mut out);
    object.text("version", "1.0");
    object.text("type", "REQUEST");
    object.text("methodArn", arn);
    let identity = (!identities.is_empty()).then(|| identities.join(","));
    json::optional(identity.as_deref(), object.key("identitySource"));
    json::optional(identity.as_deref(), object.key("authorizationToken"));
    let headers = shown_headers(&exchange.call);
    let params: Vec<_> = exchange.params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let event = proxy::Event {
        call: &exchange.call,
        headers: &headers,
        query: &exchange.query,
        params: &params,
        resource: exchange.resource(),
        path: exchange.path(),
        stage_variables: &stage.variables_json,
        binary: false,
    };
    event.head(&mut object, |out| exchange.write_old_context(out));
    object.end();
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        fn check(payload: &str, simple: bool, expect: bool) {
            assert_eq!(read(payload.as_bytes(), simple).is_some(), expect, "{payload}");
        }
        check(r#"{"isAuthorized":true}"#, true, true);
        check(r#"{"isAuthorized":false,"context":{"a":[1]}}"#, true, true);
        check(r#"{"isAuthorized":"true"}"#, true, false);
        check("{}", true, false);
        check("null", false, false);
        let policy = r#"{"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":[]}}"#;
        check(policy, false, true);
        check(policy, true, false);
        let large = format!(r#"{{"isAuthorized":true,"context":{{"a":"{}"}}}}"#, "x".repeat(20_000));
        check(&large, true, false);
    }
}
