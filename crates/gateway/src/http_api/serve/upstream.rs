//! Other servers (`HTTP_PROXY`).

use super::{StageLive, exchange::Exchange, failed::Failed};
use crate::{
    function::with_variables,
    http_api::model::Integration,
    proxy::{forwarded, put_header},
    upstream::Failure,
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What must be written with `%` in a path, beyond what was sent so.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'%');

/// Passes the request on, and the answer back.
pub(super) async fn proxy(
    exchange: &mut Exchange,
    stage: &StageLive,
    integration: &Integration,
) -> Result<Response<Bytes>, Failed> {
    let call = &exchange.call;
    let method = match integration.integration_method.as_deref() {
        None | Some("ANY") => call.method.clone(),
        Some(name) => name.parse().unwrap_or(Method::GET),
    };
    let uri = uri(exchange, stage, integration)?;
    let mut request = Request::new(Full::new(call.body.clone()));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    for (name, value) in call.headers.iter().filter(|(name, _)| forwarded(name)) {
        // The other server has a name of its own, and the client a length for what is sent now.
        if name != header::HOST && name != header::CONTENT_LENGTH {
            headers.append(name.clone(), value.clone());
        }
    }
    let hop = format!("for={};host={};proto=http", call.source_ip, call.host());
    if let Ok(value) = HeaderValue::from_str(&hop) {
        headers.append(header::FORWARDED, value);
    }
    if let Ok(value) = HeaderValue::from_str(&call.trace) {
        headers.insert(HeaderName::from_static("x-amzn-trace-id"), value);
    }
    let timeout = exchange.timeout(integration.timeout_in_millis);
    let answer = match exchange.served.edge.upstream.send(request, timeout).await {
        Ok(answer) => answer,
        Err(Failure::TimedOut) => return Err(Failed::unavailable("the other server did not answer in time")),
        Err(Failure::Unknown) => return Err(Failed::unavailable("nobody knows the other server's name")),
        Err(Failure::Broken(reason)) => return Err(Failed::unavailable(reason)),
    };
    exchange.integration_status = Some(answer.status().as_u16());
    let (parts, body) = answer.into_parts();
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    for (name, value) in &parts.headers {
        if name == header::CONTENT_LENGTH || name == header::CONNECTION {
            continue;
        }
        if let Ok(text) = value.to_str() {
            put_header(name.as_str(), text, response.headers_mut());
        }
    }
    Ok(response)
}

/// The address: the integration's, with its `{names}` and stage variables filled in, and the query string.
fn uri(exchange: &Exchange, stage: &StageLive, integration: &Integration) -> Result<Uri, Failed> {
    let template = integration.integration_uri.as_deref().unwrap_or_default();
    let mut text = with_variables(template, &stage.stage.stage_variables).into_owned();
    for (name, value) in &exchange.params {
        let value = utf8_percent_encode(value, PATH).to_string();
        text = text.replace(&format!("{{{name}}}"), &value).replace(&format!("{{{name}+}}"), &value);
    }
    if let Some(query) = exchange.call.uri.query().filter(|query| !query.is_empty()) {
        text.push(if text.contains('?') { '&' } else { '?' });
        text.push_str(query);
    }
    text.parse().map_err(|_| Failed::internal(format!("Invalid endpoint address: {text}")))
}
