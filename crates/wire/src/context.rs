//! What an operation knows of its request besides its input, and may add to its response.

use crate::Body;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::{Mutex, PoisonError};
use tinderbox_base::Caller;

/// One request's surroundings.
#[derive(Debug)]
pub struct Context {
    /// Who calls, where, and under which request id.
    pub caller: Caller,
    /// Where the caller reached us, such as `http://127.0.0.1:4566`; for URLs that the caller will follow.
    pub endpoint: String,
    response_headers: HeaderMap,
    /// Never locked: it is there because a body cannot be looked at from two threads, and a context can.
    response_body: Mutex<Option<Body>>,
}

impl Context {
    /// The surroundings of a request.
    pub fn new(caller: Caller, endpoint: String) -> Self {
        Self { caller, endpoint, response_headers: HeaderMap::new(), response_body: Mutex::default() }
    }

    /// Adds a header that is no member of the output. It replaces what the protocol would send.
    ///
    /// A value that no header can hold is left out. `Date` and the framing headers belong to the server.
    pub fn header(&mut self, name: &'static str, value: &str) {
        const RESERVED: [&str; 4] = ["date", "content-length", "transfer-encoding", "connection"];
        let Ok(name) = HeaderName::try_from(name) else { return };
        if RESERVED.contains(&name.as_str()) {
            return;
        }
        if let Ok(value) = HeaderValue::from_str(value) {
            self.response_headers.insert(name, value);
        }
    }

    /// Answers with `body` where the output's own would be: for a member that is an event stream.
    pub fn body(&mut self, body: Body) {
        self.response_body = Mutex::new(Some(body));
    }

    /// What the operation adds to its response.
    pub(crate) fn into_response(self) -> (HeaderMap, Option<Body>) {
        (self.response_headers, self.response_body.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
