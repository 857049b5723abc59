//! Replies in AWS's form.

use crate::{
    MAX_BODY_BYTES,
    session::{Event, Refusal},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;

pub(crate) type Reply = Response<Full<Bytes>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The invocation, its facts in headers and its event in the body.
pub(crate) fn event(event: Event) -> Reply {
    let mut reply = Response::new(Full::new(event.payload));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    insert(headers, "lambda-runtime-aws-request-id", &event.request_id);
    insert(headers, "lambda-runtime-deadline-ms", &event.deadline_ms.to_string());
    insert(headers, "lambda-runtime-invoked-function-arn", &event.arn);
    if let Some(trace) = &event.trace {
        insert(headers, "lambda-runtime-trace-id", trace);
    }
    if let Some(context) = &event.client_context {
        insert(headers, "lambda-runtime-client-context", &one_line(context));
    }
    reply
}

/// A header; one whose value cannot be one is left out rather than failing the invocation.
fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// JSON without the line breaks that its author may have put between its tokens.
fn one_line(json: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(json) {
        Ok(value) if json.contains(['\n', '\r']) => value.to_string(),
        _ => json.to_owned(),
    }
}

pub(crate) fn accepted() -> Reply {
    json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.to_owned())
}

pub(crate) fn refusal(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::WrongId => error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
        Refusal::WrongState(from, to) => {
            let message = format!(
                "State transition from {from} to {to} failed for runtime. Error: State transition is not allowed"
            );
            error(StatusCode::FORBIDDEN, "InvalidStateTransition", &message)
        }
    }
}

pub(crate) fn too_large() -> Reply {
    let message = format!("Exceeded maximum allowed payload size ({MAX_BODY_BYTES} bytes).");
    error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

pub(crate) fn truncated() -> Reply {
    error(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", "HTTP request detected as truncated")
}

pub(crate) fn nothing_here(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}

fn error(status: StatusCode, kind: &str, message: &str) -> Reply {
    json(status, serde_json::json!({ "errorMessage": message, "errorType": kind }).to_string())
}

fn json(status: StatusCode, mut body: String) -> Reply {
    body.push('\n');
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, JSON);
    reply
}
