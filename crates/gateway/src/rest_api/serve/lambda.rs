//! Functions that get the whole request and give the whole answer (`AWS_PROXY`).

use super::{
    compiled::Route,
    exchange::Exchange,
    mapping,
    trouble::{Failed, Trouble},
};
use crate::{
    function::{self, Called, PRINCIPAL, function_of, with_variables},
    outgoing::Until,
    proxy::{Answer, Event, Form, put_header},
    rest_api::model::Integration,
    streamed,
};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use tinderbox_base::{Arn, Caller, Principal, RequestId, StreamedReply};

/// Calls the function and answers with what it says.
pub(super) async fn proxy(
    exchange: &mut Exchange,
    route: &Route,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let arn = callable(exchange, route, integration)?;
    let event = event(exchange, route);
    let caller = caller(exchange, route, integration);
    let (edge, timeout) = (&exchange.served.edge, exchange.timeout(integration));
    note_sent(exchange, &arn, &event);
    let called = function::call(&edge.targets, caller, arn, event, timeout).await;
    let reply = ran(exchange, called)?;
    exchange.note_received(200, &HeaderMap::new(), &reply.payload);
    if reply.failed {
        return Err(Failed::malformed(
            "Lambda execution failed with status 200 due to customer function error",
        ));
    }
    let answer = Answer::read(&reply.payload, Form::Strict).map_err(|_| {
        Failed::malformed("Execution failed due to configuration error: Malformed Lambda proxy response")
    })?;
    exchange.function_status = Some(answer.status);
    let mut response = response(exchange, answer)?;
    started(reply.start, response.headers_mut());
    Ok(response)
}

/// Calls the function and passes on what it says, as soon as the metadata before it is known. The body is the exchange's.
pub(super) async fn stream(
    exchange: &mut Exchange,
    route: &Route,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let arn = callable(exchange, route, integration)?;
    let event = event(exchange, route);
    let caller = caller(exchange, route, integration);
    let (edge, timeout) = (&exchange.served.edge, exchange.timeout(integration));
    let asked = edge.clock.monotonic();
    let begin = async |reply: StreamedReply| (reply.start, streamed::described(reply.parts).await);
    let called = function::stream(&edge.targets, caller, arn, event, timeout, begin).await;
    let took = exchange.served.edge.clock.monotonic().since(asked);
    let (start, begun) = ran(exchange, called)?;
    let begun = begun.map_err(|_| {
        Failed::malformed("Execution failed due to configuration error: Malformed Lambda proxy response")
    })?;
    let (head, parts) = begun.into_parts();
    let mut response = Response::from_parts(head, Bytes::new());
    exchange.function_status = Some(response.status().as_u16());
    exchange.parts = Some(Box::new(Until::new(parts, timeout.saturating_sub(took))));
    started(start, response.headers_mut());
    Ok(response)
}

/// What a call came to, if the function ran.
fn ran<R>(exchange: &mut Exchange, called: Called<R>) -> Result<R, Failed> {
    match called {
        Called::Answered(reply) => {
            exchange.integration_status = Some(200);
            Ok(reply)
        }
        Called::TimedOut => Err(Failed::timed_out()),
        // "If the Lambda API rejects the invocation request, API Gateway returns a 500" (Lambda guide).
        Called::Refused(error) => {
            exchange.call.report(&error);
            Err(Failed::internal(Trouble::Default5xx, error.to_string()))
        }
    }
}

fn started(start: Option<&'static str>, headers: &mut HeaderMap) {
    if let Some(start) = start {
        headers.insert(HeaderName::from_static("x-tinderbox-start"), HeaderValue::from_static(start));
    }
}

/// Writes what a function is sent, and how the service says that.
pub(super) fn note_sent(exchange: &Exchange, arn: &Arn, event: &[u8]) {
    if exchange.trace.is_some() {
        let region = arn.region.as_ref().map_or("", |region| region.as_str());
        let uri = format!("https://lambda.{region}.amazonaws.com/2015-03-31/functions/{arn}/invocations");
        exchange.note_sent(&uri, &HeaderMap::new(), event);
    }
}

/// The function to call for a proxy. Lambda is called by `POST` only, and the integration says by what it is called.
fn callable(exchange: &Exchange, route: &Route, integration: &Integration) -> Result<Arn, Failed> {
    match integration.http_method.as_deref() {
        None | Some("POST") => {}
        Some("ANY") if exchange.call.method == Method::POST => {}
        // The kind's own status is another, but this is what clients are answered.
        Some(method) => {
            let reason = format!("Lambda functions are called by POST, not by {method}");
            return Err(Failed {
                status: Some(500),
                ..Failed::internal(Trouble::IntegrationFailure, reason)
            });
        }
    }
    refuse_mapped(exchange, integration)?;
    function(exchange, route, integration)
}

/// Headers that no mapping may give the request to a function.
const UNMAPPED: [&str; 7] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "proxy-authenticate",
    "te",
    "transfer-encoding",
];

/// Refuses what maps one of them. Nothing else that is mapped reaches a function's event.
pub(super) fn refuse_mapped(exchange: &Exchange, integration: &Integration) -> Result<(), Failed> {
    for (target, expression) in &integration.request_parameters {
        let Some(name) = target.strip_prefix("integration.request.header.") else { continue };
        let unmapped = UNMAPPED.iter().any(|own| own.eq_ignore_ascii_case(name));
        if unmapped && mapping::value(exchange, expression, None).is_some() {
            return Err(Failed::misconfigured(format!("the header {name} cannot be mapped")));
        }
    }
    Ok(())
}

/// The function to call.
pub(super) fn function(exchange: &Exchange, route: &Route, integration: &Integration) -> Result<Arn, Failed> {
    if let Some(arn) = &route.function {
        return Ok(arn.clone());
    }
    let uri = integration.uri.as_deref().unwrap_or_default();
    let uri = exchange.variant().map_or(uri.into(), |variant| with_variables(uri, &variant.variables));
    let arn = function_of(&uri).and_then(|arn| arn.parse().ok());
    arn.ok_or_else(|| {
        Failed::misconfigured("Invalid permissions on Lambda function: its URI names no function")
    })
}

fn event(exchange: &Exchange, route: &Route) -> Bytes {
    let headers = exchange.shown_headers();
    let params: Vec<_> = exchange.params().iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let variant = exchange.variant();
    let content_type = exchange.call.header("content-type");
    let event = Event {
        call: &exchange.call,
        headers: &headers,
        query: &exchange.query,
        params: &params,
        resource: &route.path,
        path: exchange.path(),
        stage_variables: variant.map_or(b"null", |variant| &variant.variables_json),
        binary: variant.is_some_and(|variant| variant.compiled.binary.has(content_type)),
    };
    event.write(|out| exchange.write_context(out)).into()
}

/// Credentials of an integration that are those of who signed the request.
const AS_CALLER: &str = r"arn:aws:iam::\*:user/\*";

/// Who the function sees: the service on behalf of this method, the role that the integration names, or who signed.
pub(super) fn caller(exchange: &Exchange, route: &Route, integration: &Integration) -> Caller {
    let (api, edge) = (&exchange.served.api, &exchange.served.edge);
    let id = RequestId::new(&*edge.random);
    let role = integration.credentials.as_deref().and_then(|arn| arn.parse::<Arn>().ok());
    let role = role.filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    let passed = integration
        .credentials
        .as_deref()
        .is_some_and(|own| own == AS_CALLER || own == "arn:aws:iam::*:user/*");
    let signer = exchange.signer.as_ref().filter(|_| passed);
    let principal = match (role, signer) {
        (_, Some(signer)) => signer.caller.principal.clone(),
        (Some(role), None) => Principal::AssumedRole { role, session: "BackplaneAssumeRoleSession".into() },
        (None, None) => Principal::Service(PRINCIPAL.into()),
    };
    let account = signer.map_or(&api.account, |signer| &signer.caller.account);
    Caller {
        principal,
        source_arn: exchange.method_arn(&route.path).parse().ok(),
        source_account: Some(api.account.clone()),
        trace: Some(exchange.passed_trace.clone()),
        ..Caller::root(account.clone(), api.region.clone(), id)
    }
}

/// The function's answer as the client's.
fn response(exchange: &Exchange, answer: Answer) -> Result<Response<Bytes>, Failed> {
    // Whether base64 is undone is for the client's `Accept` and the API's binary media types to say.
    let wants_bytes = || {
        let accept = exchange.call.header(header::ACCEPT.as_str());
        exchange.variant().is_some_and(|variant| variant.compiled.binary.has(accept))
    };
    let body = match answer.base64 && wants_bytes() {
        true => BASE64_STANDARD.decode(&answer.body).map(Bytes::from).map_err(|_| {
            Failed::internal(Trouble::Default5xx, "the function's answer says that it is base64 and is not")
        })?,
        false => answer.body,
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &answer.headers {
        put_header(name, value, response.headers_mut());
    }
    Ok(response)
}
