//! The end of every request: the gateway's own answers, headers that all answers have, and the access log.

use super::{exchange::Exchange, mapping, trouble::Failed};
use crate::proxy::set_header;
use crate::rest_api::model::{GatewayResponse, Texts};
use ::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use std::io::Write as _;
use tinderbox_base::{LogLine, LogOrigin};

/// The gateway's own answer to trouble, as the API wants it.
pub(super) fn refusal(exchange: &Exchange, failed: &Failed) -> Response<Bytes> {
    if let Some(reason) = &failed.reason {
        // The owner's to mend, not the operator's: it is told where who looks for it finds it.
        let (id, api) = (exchange.call.request_id, exchange.served.api.id());
        tracing::info!(request_id = %id, api, stage = exchange.stage_name(), "the gateway refused: {reason}");
    }
    let own = exchange.variant().and_then(|variant| {
        let responses = &variant.compiled.definition.responses;
        responses.get(failed.trouble.name()).or_else(|| responses.get(failed.trouble.fallback().name()))
    });
    let mut response = match own {
        Some(own) => customised(exchange, failed, own),
        None => {
            let mut response = Response::new(Bytes::from(failed.body()));
            *response.status_mut() = StatusCode::from_u16(failed.status()).unwrap_or(StatusCode::BAD_GATEWAY);
            response
        }
    };
    if let Ok(kind) = HeaderValue::from_str(failed.error_type()) {
        response.headers_mut().insert(HeaderName::from_static("x-amzn-errortype"), kind);
    }
    response
}

fn customised(exchange: &Exchange, failed: &Failed, own: &GatewayResponse) -> Response<Bytes> {
    let status = own.status_code.as_deref().and_then(|status| status.parse().ok());
    let status = status.filter(|status| *status >= 200).unwrap_or(failed.status());
    let chosen = mapping::template(&own.response_templates, None);
    let chosen =
        chosen.or_else(|| own.response_templates.iter().next().map(|(k, t)| (k.as_str(), t.as_str())));
    let (kind, body) = match chosen {
        Some((kind, template)) => (kind, substituted(exchange, failed, template)),
        None => ("application/json", failed.body()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    for (target, expression) in &own.response_parameters {
        let name = target.strip_prefix("gatewayresponse.header.");
        let value = error_variable(failed, expression.strip_prefix("context.").unwrap_or_default());
        let value = value.or_else(|| mapping::value(exchange, expression, None));
        if let (Some(name), Some(value)) = (name, value) {
            set_header(name, &value, response.headers_mut());
        }
    }
    response
}

/// What of the context only the trouble at hand knows.
fn error_variable(failed: &Failed, name: &str) -> Option<String> {
    match name {
        "error.message" => Some(failed.message.as_deref().unwrap_or_default().to_owned()),
        "error.messageString" => Some(serde_json::json!(failed.message).to_string()),
        "error.responseType" => Some(failed.trouble.name().to_owned()),
        _ => None,
    }
}

/// A template of the gateway's own answers, in which only variables are replaced (API Gateway guide, "Gateway
/// responses": "simple variable substitution").
fn substituted(exchange: &Exchange, failed: &Failed, template: &str) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let end =
            after.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(after.len());
        let (name, _) = after.split_at(end);
        let name = name.trim_end_matches('.');
        let context = name.strip_prefix("context.");
        let found = context.and_then(|name| error_variable(failed, name).or_else(|| exchange.variable(name)));
        let variable = name.strip_prefix("stageVariables.");
        let variables: Option<&Texts> = exchange.variant().map(|variant| &variant.variables);
        let found = found.or_else(|| variables?.get(variable?).cloned());
        if context.is_some() || variable.is_some() {
            out.push_str(&found.unwrap_or_default());
            rest = &after[name.len()..];
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Says what the body is, where nobody said.
pub(super) fn type_body(response: &mut Response<Bytes>) {
    let unknown = response.headers_mut().entry(header::CONTENT_TYPE);
    unknown.or_insert(HeaderValue::from_static("application/json"));
}

/// Gives the answer what all answers have, and writes the request down.
pub(super) fn finish(exchange: &Exchange, mut response: Response<Bytes>) -> Response<Bytes> {
    compress(exchange, &mut response);
    type_body(&mut response);
    let call = &exchange.call;
    let headers = response.headers_mut();
    for (name, text) in
        [("x-amzn-requestid", call.request_id.to_string()), ("x-amz-apigw-id", call.extended_id.clone())]
    {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    log(exchange, &response);
    response
}

/// Compresses an answer of the API's least size, if the client can read it.
fn compress(exchange: &Exchange, response: &mut Response<Bytes>) {
    let settings = exchange.variant().map(|variant| &variant.compiled.definition.settings);
    let Some(least) = settings.and_then(|settings| settings.minimum_compression_size) else { return };
    let least = usize::try_from(least).unwrap_or(usize::MAX);
    let gzip = exchange.call.header("accept-encoding").is_some_and(|accepts| accepts.contains("gzip"));
    let packed = response.headers().contains_key(header::CONTENT_ENCODING);
    if !gzip || packed || response.body().len() < least || response.body().is_empty() {
        return;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let Ok(body) = encoder.write_all(response.body()).and_then(|()| encoder.finish()) else { return };
    *response.body_mut() = body.into();
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
}

fn log(exchange: &Exchange, response: &Response<Bytes>) {
    let Some(log) = exchange.stage().and_then(|stage| stage.access_log.as_ref()) else { return };
    let edge = &exchange.served.edge;
    let message = log.format.line(|name| match name {
        "status" => Some(response.status().as_u16().to_string()),
        // How long an answer is that goes on is not known yet.
        "responseLength" if exchange.parts.is_some() => None,
        "responseLength" => Some(response.body().len().to_string()),
        "responseLatency" => {
            Some(edge.clock.monotonic().since(exchange.call.started).as_millis().to_string())
        }
        _ => exchange.variable(name),
    });
    let place = exchange.served.place();
    let line = LogLine { time: exchange.call.received, message };
    edge.log_sink.append(
        &place.account,
        &place.region,
        &log.group,
        &log.stream,
        LogOrigin::Platform,
        vec![line],
    );
}
