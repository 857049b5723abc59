//! Functions behind mappings (`AWS`): templates make the event, and the answer.

use super::{
    compiled::Route,
    exchange::Exchange,
    lambda, mapping,
    trouble::{Failed, Trouble},
};
use crate::{
    function::{self, Called},
    rest_api::model::Integration,
};
use ::http::{HeaderMap, Response};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

/// What names the header by which a function is called without waiting for it.
const INVOCATION_TYPE: &str = "integration.request.header.x-amz-invocation-type";

/// Calls the function with what the template makes of the request, and answers with what one makes of its answer.
pub(super) async fn mapped(
    exchange: &mut Exchange,
    route: &Route,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let uri = integration.uri.as_deref().unwrap_or_default();
    if !uri.contains(":lambda:path/") {
        return Err(Failed::misconfigured(format!("integrations with {uri} are not implemented")));
    }
    lambda::refuse_mapped(exchange, integration)?;
    let arn = lambda::function(exchange, route, integration)?;
    let body = mapping::request_body(exchange, integration)?;
    let event = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    let caller = lambda::caller(exchange, route, integration);
    let targets = Arc::clone(&exchange.served.edge.targets);
    if is_event(exchange, integration) {
        let target =
            targets.of(&arn).map_err(|error| Failed::internal(Trouble::Default5xx, error.to_string()))?;
        let sent = target.send(&caller, &arn, event).await;
        sent.map_err(|error| Failed::internal(Trouble::Default5xx, error.to_string()))?;
        exchange.integration_status = Some(202);
        return mapping::respond(exchange, integration, None, Response::new(Bytes::new()));
    }
    let timeout = exchange.timeout(integration);
    lambda::note_sent(exchange, &arn, &event);
    let reply = match function::call(&targets, caller, arn, event, timeout).await {
        Called::Answered(reply) => reply,
        Called::TimedOut => return Err(Failed::timed_out()),
        // A function that was not run, for its event is no JSON or nobody lets it, is the API's to mend.
        Called::Refused(error) => return Err(Failed::internal(Trouble::Default5xx, error.to_string())),
    };
    exchange.integration_status = Some(200);
    exchange.note_received(200, &HeaderMap::new(), &reply.payload);
    // Patterns are compared with the error's message (API Gateway guide, "Set up Lambda custom integrations").
    let message = reply.failed.then(|| message(&reply.payload));
    mapping::respond(exchange, integration, message.as_deref(), Response::new(reply.payload))
}

fn is_event(exchange: &Exchange, integration: &Integration) -> bool {
    let mut parameters = integration.request_parameters.iter();
    let own = parameters.find(|(target, _)| target.eq_ignore_ascii_case(INVOCATION_TYPE));
    let value = own.and_then(|(_, expression)| mapping::value(exchange, expression, None));
    value.is_some_and(|value| value == "Event")
}

fn message(error: &[u8]) -> String {
    let error: Option<Value> = serde_json::from_slice(error).ok();
    let message = error.as_ref().and_then(|error| error.get("errorMessage"));
    match message {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn messages() {
        fn check(error: &str, expect: &str) {
            assert_eq!(super::message(error.as_bytes()), expect, "{error}");
        }
        check(r#"{"errorMessage":"[404] no such pet","errorType":"Error"}"#, "[404] no such pet");
        check(r#"{"errorMessage":{"code":1}}"#, r#"{"code":1}"#);
        check(r#"{"errorMessage":null}"#, "");
        check("{}", "");
        check("no JSON", "");
    }
}
