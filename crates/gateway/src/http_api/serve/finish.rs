//! The end of every request: the service's own answers, headers that all answers have, and the access log.

use super::{exchange::Exchange, failed::Failed};
use crate::http_api::cors;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, header};
use tinderbox_base::{LogLine, LogOrigin};

/// The service's own answer to trouble.
pub(super) fn refusal(exchange: &Exchange, failed: &Failed) -> Response<Bytes> {
    if let Some(reason) = &failed.reason {
        // The owner's to mend, not the operator's: it is told where who looks for it finds it.
        let (id, api) = (exchange.call.request_id, exchange.served.api.id());
        tracing::info!(request_id = %id, api, "the gateway refused: {reason}");
    }
    let body = format!(r#"{{"message":"{}"}}"#, failed.message);
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = failed.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(challenge) = failed.challenge.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Gives the answer what all answers have, and writes the request down.
pub(super) fn finish(exchange: &Exchange, mut response: Response<Bytes>) -> Response<Bytes> {
    let call = &exchange.call;
    let headers = response.headers_mut();
    let stage = exchange.stage.as_ref();
    if let Some(own) = stage.and_then(|stage| stage.definition.settings.cors.as_ref())
        && !cors::is_preflight(&call.method, &call.headers)
    {
        cors::apply(own, &call.headers, headers);
    }
    if let Ok(value) = HeaderValue::from_str(&call.extended_id) {
        headers.insert(HeaderName::from_static("apigw-requestid"), value);
    }
    log(exchange, &response);
    response
}

fn log(exchange: &Exchange, response: &Response<Bytes>) {
    let Some(log) = exchange.stage.as_ref().and_then(|stage| stage.access_log.as_ref()) else { return };
    let (edge, api) = (&exchange.served.edge, &exchange.served.api);
    let message = log.format.line(|name| match name {
        "status" => Some(response.status().as_u16().to_string()),
        "responseLength" => Some(response.body().len().to_string()),
        "responseLatency" => {
            Some(edge.clock.monotonic().since(exchange.call.started).as_millis().to_string())
        }
        _ => exchange.variable(name),
    });
    let line = LogLine { time: exchange.call.received, message };
    edge.log_sink.append(&api.account, &api.region, &log.group, &log.stream, LogOrigin::Platform, vec![line]);
}
