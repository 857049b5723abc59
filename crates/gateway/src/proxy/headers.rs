//! Which headers pass the gateway, and under which names (API Gateway guide, "Important notes", the table of headers).

use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers of requests that no integration sees.
const DROPPED_FROM_REQUESTS: [&str; 12] = [
    "connection",
    "content-md5",
    "expect",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Headers of answers that clients do not see.
const DROPPED_FROM_ANSWERS: [&str; 5] =
    ["keep-alive", "transfer-encoding", "x-amz-apigw-id", "x-amzn-trace-id", "x-tinderbox-start"];

/// Headers of answers that clients see under another name, because theirs belongs to the gateway.
const REMAPPED: [(&str, &str); 15] = [
    ("authorization", "x-amzn-remapped-authorization"),
    ("connection", "x-amzn-remapped-connection"),
    ("content-length", "x-amzn-remapped-content-length"),
    ("content-md5", "x-amzn-remapped-content-md5"),
    ("date", "x-amzn-remapped-date"),
    ("expect", "x-amzn-remapped-expect"),
    ("host", "x-amzn-remapped-host"),
    ("max-forwards", "x-amzn-remapped-max-forwards"),
    ("proxy-authenticate", "x-amzn-remapped-proxy-authenticate"),
    ("server", "x-amzn-remapped-server"),
    ("trailer", "x-amzn-remapped-trailer"),
    ("upgrade", "x-amzn-remapped-upgrade"),
    ("user-agent", "x-amzn-remapped-user-agent"),
    ("www-authenticate", "x-amzn-remapped-www-authenticate"),
    ("x-amzn-requestid", "x-amzn-remapped-x-amzn-requestid"),
];

/// Whether integrations see a request's header.
pub(crate) fn forwarded(name: &HeaderName) -> bool {
    !DROPPED_FROM_REQUESTS.contains(&name.as_str())
}

/// Adds a header of an integration's answer to the client's, as far as it may pass.
pub(crate) fn put(name: &str, value: &str, out: &mut HeaderMap) {
    if let Some((name, value)) = passing(name, value) {
        out.append(name, value);
    }
}

/// The same of a header that somebody's mapping sets: it replaces those of its name.
pub(crate) fn set(name: &str, value: &str, out: &mut HeaderMap) {
    if let Some((name, value)) = passing(name, value) {
        out.insert(name, value);
    }
}

/// A header as clients may see it. What frames the answer is ours to say: a length or an encoding that is not its body's
/// would make the client take the rest for its next answer.
fn passing(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::try_from(name).ok()?;
    // What no header can hold is left out rather than breaking the answer.
    let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
    if DROPPED_FROM_ANSWERS.contains(&name.as_str()) {
        return None;
    }
    let remapped = REMAPPED.iter().find(|(own, _)| *own == name.as_str());
    Some((remapped.map_or(name, |(_, other)| HeaderName::from_static(other)), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_answers() {
        fn check(name: &str, value: &str, expect: Option<&str>) {
            let mut out = HeaderMap::new();
            put(name, value, &mut out);
            assert_eq!(out.keys().next().map(HeaderName::as_str), expect, "{name}");
        }
        check("Content-Type", "text/plain", Some("content-type"));
        check("Date", "yesterday", Some("x-amzn-remapped-date"));
        check("Server", "mine", Some("x-amzn-remapped-server"));
        check("Host", "mine", Some("x-amzn-remapped-host"));
        check("X-Amzn-RequestId", "1", Some("x-amzn-remapped-x-amzn-requestid"));
        check("TE", "gzip", Some("te"));
        check("Transfer-Encoding", "chunked", None);
        check("X-Own", "a\nb", None);
        check("no name", "x", None);
    }

    #[test]
    fn a_mapping_replaces_and_frames_nothing() {
        let mut out = HeaderMap::new();
        put("X-Own", "first", &mut out);
        set("X-Own", "second", &mut out);
        set("Content-Length", "5", &mut out);
        set("Transfer-Encoding", "zzz", &mut out);
        set("Connection", "close", &mut out);
        let told: Vec<_> = out.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let expect: [(&str, &[u8]); 3] = [
            ("x-own", b"second"),
            ("x-amzn-remapped-content-length", b"5"),
            ("x-amzn-remapped-connection", b"close"),
        ];
        assert_eq!(told, expect);
    }
}
