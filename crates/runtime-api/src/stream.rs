//! Answers in parts: `Lambda-Runtime-Function-Response-Mode: streaming` with a chunked body (Lambda guide, "Building a
//! custom runtime", response streaming). The trailers `Lambda-Runtime-Function-Error-Type` and `-Error-Body` (in base64)
//! tell that the handler failed on the way.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::mpsc;

/// Parts of an answer that were read and not taken yet.
const MAX_QUEUED: usize = 4;

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Some bytes; at most what one read of a connection brings.
    Chunk(Bytes),
    /// The answer is complete.
    End,
    /// The handler failed.
    Failed {
        /// The error's type.
        kind: String,
        /// The error, usually JSON.
        body: Bytes,
    },
    /// It broke off: the runtime closed its connection, as one that dies does.
    Truncated,
}

/// An answer in parts, as they come. Whoever takes none holds up the runtime.
#[derive(Debug)]
pub struct Parts {
    /// What they are, if the runtime says so.
    pub content_type: Option<String>,
    receiver: mpsc::Receiver<Part>,
    is_over: bool,
}

/// Each is like itself alone.
impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Parts {}

impl Parts {
    /// The next part; none after the last. Cancel safe.
    pub async fn next(&mut self) -> Option<Part> {
        if self.is_over {
            return None;
        }
        // Who read the connection may have gone with it and have said nothing more.
        let part = self.receiver.recv().await.unwrap_or(Part::Truncated);
        self.is_over = !matches!(part, Part::Chunk(_));
        Some(part)
    }
}

/// A queue for the parts of one answer.
pub(crate) fn parts(content_type: Option<String>) -> (mpsc::Sender<Part>, Parts) {
    let (sender, receiver) = mpsc::channel(MAX_QUEUED);
    (sender, Parts { content_type, receiver, is_over: false })
}

/// Whether a response comes in parts.
pub(crate) fn is_streamed(headers: &HeaderMap) -> bool {
    text(headers, "lambda-runtime-function-response-mode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("streaming"))
}

/// What ends an answer with these trailers. A type alone makes an error; its body is told in base64.
pub(crate) fn conclusion(trailers: &HeaderMap) -> Part {
    let kind = text(trailers, "lambda-runtime-function-error-type").filter(|kind| !kind.is_empty());
    let Some(kind) = kind else { return Part::End };
    let body =
        text(trailers, "lambda-runtime-function-error-body").and_then(|b| BASE64_STANDARD.decode(b).ok());
    let body = body.filter(|body| !body.is_empty());
    let body = body.unwrap_or_else(|| serde_json::json!({ "errorType": kind }).to_string().into());
    Part::Failed { kind: kind.to_owned(), body: body.into() }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn trailers() {
        fn check(kind: Option<&'static str>, body: Option<&'static str>, expect: Option<(&str, &str)>) {
            let mut trailers = HeaderMap::new();
            for (name, value) in [("type", kind), ("body", body)] {
                if let Some(value) = value {
                    let name = format!("lambda-runtime-function-error-{name}").parse::<http::HeaderName>();
                    trailers.insert(name.expect("a name"), HeaderValue::from_static(value));
                }
            }
            let expect = expect.map_or(Part::End, |(kind, body)| Part::Failed {
                kind: kind.to_owned(),
                body: Bytes::copy_from_slice(body.as_bytes()),
            });
            assert_eq!(conclusion(&trailers), expect);
        }
        check(None, None, None);
        check(Some(""), Some("e30="), None);
        check(Some("Bad"), Some("e30="), Some(("Bad", "{}")));
        check(Some("Bad"), None, Some(("Bad", r#"{"errorType":"Bad"}"#)));
        check(Some("Bad"), Some("?"), Some(("Bad", r#"{"errorType":"Bad"}"#)));
    }
}
