//! What a test invocation tells of itself, as the service writes it to execution logs.

use super::{
    exchange::Exchange,
    trouble::{Failed, Trouble},
};
use crate::clock_text::execution_log;
use ::http::{HeaderMap, Response};
use bytes::Bytes;
use std::sync::{Mutex, PoisonError};
use tinderbox_base::Monotonic;

/// Bytes of one line ("API Gateway limits log events to 1024 bytes", Set up CloudWatch logging for REST APIs).
const MAX_LINE: usize = 1024;

/// The lines so far.
#[derive(Default)]
pub(super) struct Trace {
    lines: Mutex<Vec<String>>,
    /// When the integration was asked.
    sent: Mutex<Option<Monotonic>>,
}

impl Trace {
    /// The whole log, of a request with this id.
    pub(super) fn text(&self, id: &str) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        format!("Execution log for request {id}\n{}\n", lines.join("\n"))
    }
}

impl Exchange {
    /// Writes a line, if anybody is to read it.
    pub(super) fn note(&self, line: impl FnOnce() -> String) {
        let Some(trace) = &self.trace else { return };
        let mut line = line();
        if line.len() > MAX_LINE {
            line.truncate(line.floor_char_boundary(MAX_LINE));
            line.push_str(" [TRUNCATED]");
        }
        let line = format!("{} : {line}", execution_log(self.served.edge.clock.now()));
        trace.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Writes what an integration, or an authorizer, is sent.
    pub(super) fn note_sent(&self, uri: &str, headers: &HeaderMap, body: &[u8]) {
        let Some(trace) = &self.trace else { return };
        self.note(|| format!("Endpoint request URI: {uri}"));
        self.note(|| format!("Endpoint request headers: {}", shown(headers)));
        self.note(|| {
            format!("Endpoint request body after transformations: {}", String::from_utf8_lossy(body))
        });
        self.note(|| format!("Sending request to {uri}"));
        *trace.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.served.edge.clock.monotonic());
    }

    /// Writes what an integration answered.
    pub(super) fn note_received(&self, status: u16, headers: &HeaderMap, body: &[u8]) {
        let Some(trace) = &self.trace else { return };
        let sent = *trace.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.served.edge.clock.monotonic();
        let millis = sent.map_or(0, |sent| now.since(sent).as_millis());
        self.note(|| format!("Received response. Status: {status}, Integration latency: {millis} ms"));
        self.note(|| format!("Endpoint response headers: {}", shown(headers)));
        self.note(|| {
            format!("Endpoint response body before transformations: {}", String::from_utf8_lossy(body))
        });
    }

    /// Writes what the request is.
    pub(super) fn note_request(&self) {
        let call = &self.call;
        self.note(|| format!("Starting execution for request: {}", call.request_id));
        self.note(|| format!("HTTP Method: {}, Resource Path: {}", call.method, self.path()));
        self.note(|| format!("Method request path: {}", pairs(self.params())));
        self.note(|| format!("Method request query string: {}", pairs(&self.query)));
        self.note(|| {
            let shown = self.shown_headers().into_iter();
            let headers: Vec<_> = shown.map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
            format!("Method request headers: {}", pairs(&headers))
        });
        self.note(|| {
            format!("Method request body before transformations: {}", String::from_utf8_lossy(&call.body))
        });
    }

    /// Writes how it ended.
    pub(super) fn note_end(&self, failed: Option<&Failed>, answer: &Response<Bytes>) {
        match failed {
            Some(failed) => self.note(|| why(failed)),
            None => {
                self.note(|| {
                    let body = String::from_utf8_lossy(answer.body());
                    format!("Method response body after transformations: {body}")
                });
                self.note(|| format!("Method response headers: {}", shown(answer.headers())));
                self.note(|| "Successfully completed execution".to_owned());
            }
        }
        self.note(|| format!("Method completed with status: {}", answer.status().as_u16()));
    }
}

/// What an owner reads who looks for what went wrong.
pub(super) fn why(failed: &Failed) -> String {
    let reason = failed.reason.as_deref().or(failed.message.as_deref()).unwrap_or_default();
    match failed.trouble {
        Trouble::IntegrationTimeout => "Execution failed due to a timeout error".to_owned(),
        Trouble::IntegrationFailure => {
            format!("Execution failed due to a network error communicating with endpoint: {reason}")
        }
        Trouble::Unauthorized => "Unauthorized request".to_owned(),
        Trouble::Default5xx
        | Trouble::ApiConfigurationError
        | Trouble::AuthorizerFailure
        | Trouble::AuthorizerConfigurationError
            if !reason.contains("xecution failed") =>
        {
            format!("Execution failed due to configuration error: {reason}")
        }
        _ => reason.to_owned(),
    }
}

/// `{name=value, name=value}`
fn pairs(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn shown(headers: &HeaderMap) -> String {
    let text = |value| crate::call::text(value).into_owned();
    let headers = headers.iter().map(|(name, value)| (usual(name.as_str()), text(value)));
    pairs(&headers.collect::<Vec<_>>())
}

/// A header's name as it is usually written: `Content-Type`.
pub(super) fn usual(name: &str) -> String {
    if name == "x-amzn-errortype" {
        return "x-amzn-ErrorType".to_owned();
    }
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_headers() {
        assert_eq!(usual("x-amzn-trace-id"), "X-Amzn-Trace-Id");
        assert_eq!(usual("x-amzn-errortype"), "x-amzn-ErrorType");
        assert_eq!(usual("a--b"), "A--B");
    }
}
