//! Functions that say who may call (`CUSTOM`).

use super::{
    authorize::{decided, denied},
    compiled::Route,
    exchange::Exchange,
    lambda,
    trouble::{Failed, Trouble},
};
use crate::{
    call::text,
    function::{self, Called, PRINCIPAL, function_of, with_variables},
    json::Object,
    policy,
    proxy::Event,
    rest_api::{authorizers::sources, model::Authorizer},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tinderbox_base::{
    Arn, Caller, Principal, RequestId,
    policy::{Decision, Policy},
};

/// Seconds that an answer holds where nothing is set (API Gateway API, `authorizerResultTtlInSeconds`).
const DEFAULT_TTL: i64 = 300;
/// How long an authorizer may take; AWS gives it no more than the integration.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What an authorizer answered.
#[derive(Clone, Debug)]
pub(super) struct Authorization {
    pub(super) principal: String,
    pub(super) context: Vec<(String, String)>,
    pub(super) usage_key: Option<String>,
    policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    principal_id: String,
    policy_document: Value,
    #[serde(default)]
    context: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    usage_identifier_key: Option<String>,
}

/// Asks the method's function, or remembers what it said, and lets the request pass if that and the API's policy do.
pub(super) async fn authorize(exchange: &mut Exchange, route: &Route) -> Result<(), Failed> {
    // Whom the API's policy turns away, no authorizer is asked about; whom it lets in, one may still turn away.
    if let Some(Decision::Denied(denial)) = decided(exchange, None)
        && policy::is_explicit(&denial)
    {
        return Err(denied(exchange, true));
    }
    let broken = |reason: &str| Failed::authorizer(Trouble::AuthorizerConfigurationError, reason);
    let definition = exchange.variant().map(|variant| Arc::clone(&variant.compiled.definition));
    let definition = definition.ok_or_else(|| broken("no stage"))?;
    let authorizer = route.method.authorizer_id.as_ref().and_then(|id| definition.authorizers.get(id));
    let authorizer = authorizer.ok_or_else(|| broken("the method's authorizer does not exist"))?;
    let identity = identity(exchange, authorizer)?;
    let ttl = u64::try_from(authorizer.authorizer_result_ttl_in_seconds.unwrap_or(DEFAULT_TTL)).unwrap_or(0);
    let cached = ttl > 0 && !identity.is_empty();
    let key = format!("{}\0{}\0{}", exchange.stage_name(), authorizer.id, identity.join("\0"));
    let now = exchange.served.edge.clock.monotonic();
    let known = if cached { exchange.served.runtime.authorization(&key, now) } else { None };
    let authorization = match known {
        Some(known) => known,
        None => {
            let asking = ask(exchange, authorizer, &identity).await;
            exchange.authorizer_latency = exchange.served.edge.clock.monotonic().since(now);
            let payload = asking?;
            let asked = Arc::new(read(&payload).map_err(unreadable)?);
            if cached {
                let until = now + Duration::from_secs(ttl);
                exchange.served.runtime.keep_authorization(key, until, Arc::clone(&asked));
            }
            asked
        }
    };
    let decision = decided(exchange, Some(&authorization.policy));
    exchange.authorization = Some(authorization);
    let Some(Decision::Denied(denial)) = decision else { return Ok(()) };
    let how = if policy::is_explicit(&denial) { " with an explicit deny" } else { "" };
    Err(Failed::new(Trouble::AccessDenied, format!("User is not authorized to access this resource{how}")))
}

/// The parts of the request that say who calls, as the authorizer looks for them. One that is missing ends the request.
pub(super) fn identity(exchange: &Exchange, authorizer: &Authorizer) -> Result<Vec<String>, Failed> {
    let unauthorized = || Failed::new(Trouble::Unauthorized, "Unauthorized");
    let mut identity = Vec::new();
    for source in sources(authorizer) {
        let found = value(exchange, source).filter(|text| !text.is_empty());
        identity.push(found.ok_or_else(unauthorized)?);
    }
    if let (Some(pattern), Some(token)) = (&authorizer.identity_validation_expression, identity.first())
        && authorizer.kind == "TOKEN"
    {
        let fits = regex::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(token));
        if !fits {
            return Err(unauthorized());
        }
    }
    Ok(identity)
}

fn value(exchange: &Exchange, source: &str) -> Option<String> {
    if let Some(name) = source.strip_prefix("method.request.header.") {
        return exchange.call.headers.get(name).map(|value| text(value).into_owned());
    }
    if let Some(name) = source.strip_prefix("method.request.querystring.") {
        return exchange.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    }
    if let Some(name) = source.strip_prefix("stageVariables.") {
        return exchange.variant()?.variables.get(name).cloned();
    }
    exchange.variable(source.strip_prefix("context.")?)
}

/// An authorizer that cannot be asked, or whose answer is none.
pub(super) fn unreadable(reason: String) -> Failed {
    Failed::authorizer(Trouble::AuthorizerConfigurationError, format!("authorizer: {reason}"))
}

/// What the authorizer answers.
pub(super) async fn ask(
    exchange: &Exchange,
    authorizer: &Authorizer,
    identity: &[String],
) -> Result<Bytes, Failed> {
    let variables = exchange.variant().map(|variant| &variant.variables);
    let uri = variables
        .map_or((&*authorizer.authorizer_uri).into(), |v| with_variables(&authorizer.authorizer_uri, v));
    let arn = function_of(&uri).and_then(|arn| arn.parse().ok());
    let arn: Arn = arn.ok_or_else(|| unreadable("its URI names no function".into()))?;
    let (api, edge) = (&exchange.served.api, &exchange.served.edge);
    let source = format!(
        "arn:aws:execute-api:{}:{}:{}/authorizers/{}",
        api.region,
        api.account,
        api.id(),
        authorizer.id
    );
    let caller = Caller {
        principal: Principal::Service(PRINCIPAL.into()),
        source_arn: source.parse().ok(),
        source_account: Some(api.account.clone()),
        trace: Some(exchange.call.trace.clone()),
        ..Caller::root(api.account.clone(), api.region.clone(), RequestId::new(&*edge.random))
    };
    let event = event(exchange, authorizer, identity);
    lambda::note_sent(exchange, &arn, &event);
    match function::call(&edge.targets, caller, arn, event, TIMEOUT.min(edge.timeout)).await {
        Called::Answered(reply) if reply.failed => {
            let error: Value = serde_json::from_slice(&reply.payload).unwrap_or_default();
            // Lambda authorizers say so by failing with this one word.
            if error.get("errorMessage").and_then(Value::as_str) == Some("Unauthorized") {
                return Err(Failed::new(Trouble::Unauthorized, "Unauthorized"));
            }
            let failed = Failed::authorizer(Trouble::AuthorizerFailure, "the authorizer failed");
            Err(failed)
        }
        Called::Answered(reply) => Ok(reply.payload),
        Called::Refused(error) => Err(unreadable(error.to_string())),
        Called::TimedOut => Err(unreadable("it did not answer in time".into())),
    }
}

/// What the authorizer gets.
fn event(exchange: &Exchange, authorizer: &Authorizer, identity: &[String]) -> Bytes {
    let arn = exchange.method_arn(exchange.path());
    let mut out = Vec::with_capacity(1024);
    let mut object = Object::begin(&mut out);
    object.text("type", &authorizer.kind);
    object.text("methodArn", &arn);
    if authorizer.kind == "TOKEN" {
        object.text("authorizationToken", identity.first().map_or("", String::as_str));
    } else {
        let headers = exchange.shown_headers();
        let params: Vec<_> = exchange.params().iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let event = Event {
            call: &exchange.call,
            headers: &headers,
            query: &exchange.query,
            params: &params,
            resource: exchange.routed().map_or("", |route| &route.path),
            path: exchange.path(),
            stage_variables: exchange.variant().map_or(b"null", |variant| &variant.variables_json),
            binary: false,
        };
        event.head(&mut object, |out| exchange.write_context(out));
    }
    object.end();
    out.into()
}

/// What an answer says.
pub(super) fn read(payload: &[u8]) -> Result<Authorization, String> {
    let answer: Answer = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let policy = policy::answered(&answer.policy_document).map_err(|error| error.to_string())?;
    let context = answer.context.unwrap_or_default().into_iter().map(|(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        Value::Bool(flag) => Ok((name, flag.to_string())),
        Value::Null => Ok((name, "null".to_owned())),
        Value::Array(_) | Value::Object(_) => Err(format!("its context's {name} is no text, number or flag")),
    });
    Ok(Authorization {
        principal: answer.principal_id,
        context: context.collect::<Result<_, String>>()?,
        usage_key: answer.usage_identifier_key,
        policy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_authorizers() {
        fn check(answer: &str, expect: Option<&[(&str, &str)]>) {
            let found = read(answer.as_bytes()).ok();
            let context = found
                .as_ref()
                .map(|found| found.context.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>());
            assert_eq!(context.as_deref(), expect, "{answer}");
        }
        let policy = r#""policyDocument":{"Version":"2012-10-17","Statement":[]}"#;
        check(&format!(r#"{{"principalId":"u",{policy}}}"#), Some(&[]));
        check(
            &format!(r#"{{"principalId":"u",{policy},"context":{{"a":"x","b":1,"c":true}}}}"#),
            Some(&[("a", "x"), ("b", "1"), ("c", "true")]),
        );
        check(&format!(r#"{{"principalId":"u",{policy},"context":{{"a":[1]}}}}"#), None);
        check(&format!("{{{policy}}}"), None);
        check(r#"{"principalId":"u"}"#, None);
        check("\"allow\"", None);
    }
}
