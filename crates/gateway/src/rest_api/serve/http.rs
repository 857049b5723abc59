//! Other servers (`HTTP`, `HTTP_PROXY`).

use super::{
    exchange::Exchange,
    mapping,
    trouble::{Failed, Trouble},
};
use crate::{
    proxy::{forwarded, put_header},
    rest_api::model::Integration,
    upstream::Failure,
};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use bytes::Bytes;
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// What is written as it is in query strings.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Passes the request on, and the answer back.
pub(super) async fn proxy(
    exchange: &mut Exchange,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let mut headers: HeaderMap = exchange
        .call
        .headers
        .iter()
        .filter(|(name, _)| forwarded(name) && *name != header::HOST && *name != header::CONTENT_LENGTH)
        .filter(|(name, _)| !exchange.unpacked || *name != header::CONTENT_ENCODING)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let forwarded_for =
        exchange.call.header("x-forwarded-for").map(|hops| format!("{hops}, ")).unwrap_or_default();
    let forwarded_for = format!("{forwarded_for}{}", exchange.call.source_ip);
    put(&mut headers, "x-forwarded-for", &forwarded_for);
    put(&mut headers, "x-amzn-trace-id", &exchange.call.trace);
    put(&mut headers, "x-amzn-apigateway-api-id", exchange.served.api.id());
    let query = exchange.query.clone();
    let body = exchange.call.body.clone();
    let answer = send(exchange, integration, headers, query, body).await?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    for (name, value) in answer.headers() {
        match value.to_str() {
            // Nobody else tells of it.
            _ if name == TRACE => drop(response.headers_mut().append(TRACE, value.clone())),
            Ok(text) => put_header(name.as_str(), text, response.headers_mut()),
            Err(_) => drop(response.headers_mut().append(name.clone(), value.clone())),
        }
    }
    *response.body_mut() = answer.into_body();
    Ok(response)
}

/// Sends what the mappings make of the request, and answers with what they make of the answer.
pub(super) async fn mapped(
    exchange: &mut Exchange,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let content_type = exchange.call.header(header::CONTENT_TYPE.as_str()).map(str::to_owned);
    let body = mapping::request_body(exchange, integration)?;
    let mut headers = HeaderMap::new();
    if !body.is_empty() {
        put(&mut headers, "content-type", content_type.as_deref().unwrap_or("application/json"));
    }
    put(&mut headers, "accept", "application/json");
    put(&mut headers, "user-agent", &format!("AmazonAPIGateway_{}", exchange.served.api.id()));
    put(&mut headers, "x-amzn-trace-id", &exchange.call.trace.clone());
    put(&mut headers, "x-amzn-apigateway-api-id", exchange.served.api.id());
    let answer = send(exchange, integration, headers, Vec::new(), body).await?;
    let status = answer.status().as_u16().to_string();
    mapping::respond(exchange, integration, Some(&status), answer)
}

async fn send(
    exchange: &mut Exchange,
    integration: &Integration,
    mut headers: HeaderMap,
    mut query: Vec<(String, String)>,
    body: Bytes,
) -> Result<Response<Bytes>, Failed> {
    let mut path = Vec::new();
    for (target, expression) in &integration.request_parameters {
        let Some(value) = mapping::value(exchange, expression, None) else { continue };
        if let Some(name) = target.strip_prefix("integration.request.header.") {
            map(&mut headers, name, &value)?;
        } else if let Some(name) = target.strip_prefix("integration.request.querystring.") {
            query.retain(|(own, _)| own != name);
            query.push((name.to_owned(), value));
        } else if let Some(name) = target.strip_prefix("integration.request.path.") {
            path.push((name.to_owned(), value));
        }
    }
    for (name, value) in &exchange.overrides.request_headers {
        map(&mut headers, name, value)?;
    }
    for (name, value) in &exchange.overrides.query {
        query.retain(|(own, _)| own != name);
        query.push((name.clone(), value.clone()));
    }
    // What is replaced first is not there to be replaced again.
    path.splice(0..0, exchange.overrides.path.iter().cloned());
    path.extend(exchange.params().iter().cloned());
    let uri = uri(exchange, integration, &path, &query)?;
    exchange.note_sent(&uri.to_string(), &headers, &body);
    let any = |method: &&str| *method != "ANY";
    let method = integration.http_method.as_deref().filter(any).and_then(|m| m.parse::<Method>().ok());
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method.unwrap_or_else(|| exchange.call.method.clone());
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let timeout = exchange.timeout(integration);
    let answer = exchange.served.edge.upstream.send(request, timeout).await;
    match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            exchange.integration_status = Some(status);
            exchange.note_received(status, answer.headers(), answer.body());
            Ok(answer)
        }
        Err(Failure::TimedOut) => Err(Failed::timed_out()),
        Err(Failure::Unknown) => Err(Failed::misconfigured(INVALID)),
        Err(Failure::Broken(reason)) => Err(Failed {
            reason: Some(reason),
            ..Failed::new(Trouble::IntegrationFailure, "Network error communicating with endpoint")
        }),
    }
}

/// The address: the integration's, with its `{names}` and stage variables filled in, and the query string.
fn uri(
    exchange: &Exchange,
    integration: &Integration,
    path: &[(String, String)],
    query: &[(String, String)],
) -> Result<Uri, Failed> {
    let template = integration.uri.as_deref().unwrap_or_default();
    let mut text = exchange
        .variant()
        .map_or(template.into(), |variant| crate::function::with_variables(template, &variant.variables))
        .into_owned();
    for (name, value) in path {
        text = text.replace(&format!("{{{name}}}"), value).replace(&format!("{{{name}+}}"), value);
    }
    for (index, (name, value)) in query.iter().enumerate() {
        text.push(if index == 0 && !text.contains('?') { '?' } else { '&' });
        text.extend(utf8_percent_encode(name, QUERY));
        text.push('=');
        text.extend(utf8_percent_encode(value, QUERY));
    }
    let uri: Option<Uri> = text.parse().ok();
    let uri = uri.filter(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    uri.ok_or_else(|| Failed::misconfigured(INVALID))
}

/// What the owner reads whose integration leads nowhere.
const INVALID: &str = "Invalid endpoint address";

/// What says where a request ends; only who sends it knows.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];
/// What is for the connection, or promises what is not kept.
const DROPPED: [&str; 5] = ["connection", "expect", "proxy-authenticate", "te", "via"];

/// Sets a header that a mapping gives, if it is one to give.
fn map(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Failed> {
    let among = |names: &[&str]| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    if among(&FRAMING) {
        return Err(Failed::misconfigured(format!("the header {name} cannot be mapped")));
    }
    if !among(&DROPPED) {
        put(headers, name, value);
    }
    Ok(())
}

/// Sets a header, unless its value is none that can be.
fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        headers.insert(name, value);
    }
}
