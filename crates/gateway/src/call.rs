//! One request for an API, as it came in.

use crate::{address::Address, gate::Gate, query};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header};
use std::{borrow::Cow, net::IpAddr, sync::Arc};
use tinderbox_base::{Error, ErrorKind, Monotonic, RequestId, Timestamp};

/// A request, complete with its body.
#[derive(Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// What was asked for, as it was sent.
    pub uri: Uri,
    /// Its version of HTTP.
    pub version: Version,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Which API it is for.
    pub address: Address,
    /// Who sent it.
    pub source_ip: IpAddr,
    /// Its id, `x-amzn-RequestId`.
    pub request_id: RequestId,
    /// Its other id, `x-amz-apigw-id`.
    pub extended_id: String,
    /// When it came.
    pub received: Timestamp,
    /// When it came, by the clock that measures durations.
    pub started: Monotonic,
    /// The root of its trace, `Root=1-…`.
    pub trace: String,
    /// The names of its headers as the client wrote them, if that is known.
    pub names: Vec<Box<str>>,
    /// Who knows callers, on the way that it came.
    pub gate: Arc<dyn Gate>,
}

impl Call {
    /// The API's part of the path, as it was sent: `/stage/resource`.
    pub fn path(&self) -> &str {
        self.uri.path().get(self.address.prefix..).unwrap_or_default()
    }

    /// Logs an error that only the operator can mend; all others are the caller's or the owner's.
    pub(crate) fn report(&self, error: &Error) {
        if error.kind() == ErrorKind::Internal {
            tracing::error!(request_id = %self.request_id, causes = error.causes(), "{}", error.message());
        }
    }

    /// The parameters of the query string in their order, decoded.
    pub fn query(&self) -> Vec<(String, String)> {
        self.uri.query().map(query::parse).unwrap_or_default()
    }

    /// A header's text; none if there is no such header or it is no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The host that was asked, with its port if it names one.
    pub fn host(&self) -> &str {
        let host = self.uri.authority().map(http::uri::Authority::as_str);
        host.or_else(|| self.header(header::HOST.as_str())).unwrap_or_default()
    }

    /// The host that was asked, without its port.
    pub fn domain_name(&self) -> &str {
        let host = self.host();
        match host.rfind(']') {
            Some(end) => host.get(..=end).unwrap_or(host),
            None => host.split(':').next().unwrap_or(host),
        }
    }

    /// `HTTP/1.1`.
    pub fn protocol(&self) -> &'static str {
        match self.version {
            Version::HTTP_2 => "HTTP/2.0",
            Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        }
    }

    /// A header's name as the client wrote it, or else as clients usually do.
    pub fn written<'a>(&'a self, name: &'a HeaderName) -> &'a str {
        let own = self.names.iter().find(|written| written.eq_ignore_ascii_case(name.as_str()));
        own.map_or_else(|| usual(name.as_str()), |written| &**written)
    }
}

/// A header's value as text, whatever bytes it is made of.
pub(crate) fn text(value: &HeaderValue) -> Cow<'_, str> {
    match value.to_str() {
        Ok(text) => text.into(),
        // HTTP/1.1 allows Latin-1, which many send as UTF-8.
        Err(_) => String::from_utf8_lossy(value.as_bytes()),
    }
}

/// The usual way to write a name, for those that have one; servers see all names in lower case.
fn usual(name: &str) -> &str {
    const USUAL: [&str; 32] = [
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Date",
        "Forwarded",
        "From",
        "Host",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Unmodified-Since",
        "Origin",
        "Pragma",
        "Range",
        "Referer",
        "Transfer-Encoding",
        "Upgrade-Insecure-Requests",
        "User-Agent",
        "Via",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
    ];
    USUAL.into_iter().find(|usual| usual.eq_ignore_ascii_case(name)).unwrap_or(name)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tinderbox_base::SeededRandom;

    /// A request for the API `abc`, reached by its path.
    pub(crate) fn call(method: &str, path: &str) -> Call {
        let uri: Uri = format!("/_aws/execute-api/abc{path}").parse().expect("a path");
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:4566"));
        let address = Address::of(&uri, &headers).expect("an address");
        Call {
            method: method.parse().expect("a method"),
            uri,
            version: Version::HTTP_11,
            headers,
            body: Bytes::new(),
            address,
            source_ip: Ipv4Addr::LOCALHOST.into(),
            request_id: RequestId::new(&SeededRandom::new(1)),
            extended_id: "JKJaXmPLvHcESHA=".into(),
            received: Timestamp::from_millis(1_769_903_999_007),
            started: Monotonic::default(),
            trace: "Root=1-697e9bdf-000000000000000000000001".into(),
            names: Vec::new(),
            gate: Arc::new(crate::gate::Closed),
        }
    }

    #[test]
    fn names_of_headers() {
        let mut call = call("GET", "/");
        let own = HeaderName::from_static("x-own");
        assert_eq!(call.written(&header::USER_AGENT), "User-Agent");
        assert_eq!(call.written(&own), "x-own");
        call.names = vec!["X-Own".into(), "user-agent".into()];
        assert_eq!(call.written(&own), "X-Own");
        assert_eq!(call.written(&header::USER_AGENT), "user-agent");
    }

    #[test]
    fn hosts() {
        let call = call("GET", "/lab3/x?a=1");
        assert_eq!(
            (call.path(), call.host(), call.domain_name()),
            ("/lab3/x", "127.0.0.1:4566", "127.0.0.1")
        );
    }
}
