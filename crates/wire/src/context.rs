//! What an operation knows of its request besides its input, and may add to its response.

use http::{HeaderMap, HeaderName, HeaderValue};
use tinderbox_base::Caller;

/// One request's surroundings.
#[derive(Debug)]
pub struct Context {
    /// Who calls, where, and under which request id.
    pub caller: Caller,
    /// Where the caller reached us, such as `http://127.0.0.1:4566`; for URLs that the caller will follow.
    pub endpoint: String,
    response_headers: HeaderMap,
}

impl Context {
    /// The surroundings of a request.
    pub fn new(caller: Caller, endpoint: String) -> Self {
        Self { caller, endpoint, response_headers: HeaderMap::new() }
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

    pub(crate) fn into_response_headers(self) -> HeaderMap {
        self.response_headers
    }
}
