//! The event that a function gets, by payload format 2.0.

use crate::{
    call::Call,
    json::{self, Object},
    proxy::shown_headers,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::{borrow::Cow, collections::BTreeMap};

/// What an event is made of.
pub(crate) struct Event<'a> {
    /// The request.
    pub(crate) call: &'a Call,
    /// How its path is shown.
    pub(crate) path: RawPath,
    /// The parameters of its query string.
    pub(crate) query: &'a [(String, String)],
    /// The parameters of its path.
    pub(crate) params: &'a [(String, String)],
    /// The key of the route that was found.
    pub(crate) route_key: &'a str,
    /// The stage's variables as JSON; `null` if there are none.
    pub(crate) variables: &'a [u8],
}

/// What `rawPath` is of a path with percent signs: HTTP APIs decode it, function URLs do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawPath {
    /// `/a b`.
    Decoded,
    /// `/a%20b`.
    AsSent,
}

impl Event<'_> {
    /// The whole event; `context` appends its `requestContext`.
    pub(crate) fn write(&self, context: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(2048 + self.call.body.len() * 4 / 3);
        let mut object = Object::begin(&mut out);
        object.text("version", "2.0");
        self.request(&mut object, context);
        self.body(&mut object);
        object.end();
        out
    }

    /// Everything but the version and the body, which authorizers get too.
    pub(crate) fn request(&self, object: &mut Object<'_>, context: impl FnOnce(&mut Vec<u8>)) {
        object.text("routeKey", self.route_key);
        object.text("rawPath", &self.path.of(self.call.path()));
        object.text("rawQueryString", self.call.uri.query().unwrap_or_default());
        let cookies: Vec<_> = cookies(self.call).collect();
        if !cookies.is_empty() {
            list(&cookies, object.key("cookies"));
        }
        let headers = headers(self.call);
        json::last_values(headers.iter().map(|(n, v)| (n.as_str(), v.as_str())), object.key("headers"));
        let query = joined(self.query.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        if !query.is_empty() {
            json::last_values(
                query.iter().map(|(n, v)| (n.as_str(), v.as_str())),
                object.key("queryStringParameters"),
            );
        }
        context(object.key("requestContext"));
        if !self.params.is_empty() {
            let params = self.params.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            json::last_values(params, object.key("pathParameters"));
        }
        if self.variables != b"null" {
            object.raw("stageVariables", self.variables);
        }
    }

    fn body(&self, object: &mut Object<'_>) {
        let body = &self.call.body[..];
        let text = body_is_text(
            self.call.header("content-type"),
            self.call.headers.contains_key("content-encoding"),
        );
        let text = std::str::from_utf8(body).ok().filter(|_| text);
        match text {
            _ if body.is_empty() => {}
            Some(text) => object.text("body", text),
            None => object.text("body", &BASE64_STANDARD.encode(body)),
        }
        object.raw("isBase64Encoded", if text.is_none() && !body.is_empty() { b"true" } else { b"false" });
    }
}

/// Whether a body of this content type is passed as it is, not as base64: texts, JSON, XML and JavaScript (API Gateway
/// guide, "Working with binary media types for HTTP APIs" names the first ones; that no type is text was assumed).
pub(crate) fn body_is_text(content_type: Option<&str>, encoded: bool) -> bool {
    let Some(kind) = content_type else { return !encoded };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = ["application/json", "application/xml", "application/javascript"];
    !encoded
        && (kind.starts_with("text/")
            || known.contains(&&*kind)
            || kind.ends_with("+json")
            || kind.ends_with("+xml"))
}

impl RawPath {
    fn of(self, path: &str) -> Cow<'_, str> {
        let path = if path.is_empty() { "/" } else { path };
        match self {
            Self::Decoded => percent_encoding::percent_decode_str(path).decode_utf8_lossy(),
            Self::AsSent => path.into(),
        }
    }
}

fn cookies(call: &Call) -> impl Iterator<Item = &str> {
    let all = call.headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty())
}

/// The headers by names in lower case, several of one name joined by commas; without cookies, which are told apart.
fn headers(call: &Call) -> Vec<(String, String)> {
    let shown = shown_headers(call);
    let names: Vec<String> = shown.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let pairs = names.iter().zip(&shown).map(|(name, (_, value))| (name.as_str(), &**value));
    let mut headers = joined(pairs.filter(|(name, _)| *name != "cookie"));
    if !names.iter().any(|name| name == "content-length") {
        headers.push(("content-length".into(), call.body.len().to_string()));
    }
    headers
}

/// The values of each name, joined by commas, in the order of the names' first values.
fn joined<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let (mut all, mut places): (Vec<(String, String)>, BTreeMap<&str, usize>) = (Vec::new(), BTreeMap::new());
    for (name, value) in pairs {
        match places.get(name).and_then(|place| all.get_mut(*place)) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(value);
            }
            None => {
                places.insert(name, all.len());
                all.push((name.into(), value.into()));
            }
        }
    }
    all
}

/// Appends a list of texts.
pub(super) fn list(items: &[&str], out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        json::string(item, out);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::call;
    use serde_json::{Value, json};

    fn event(call: &Call, params: &[(String, String)]) -> Value {
        let query = call.query();
        let (path, route_key) = (RawPath::Decoded, "ANY /{proxy+}");
        let event = Event { call, path, query: &query, params, route_key, variables: b"null" };
        serde_json::from_slice(&event.write(|out| out.extend_from_slice(b"{}"))).expect("JSON")
    }

    #[test]
    fn an_event_is_complete() {
        let mut call = call("POST", "/dev/a%20b?x=1&y=2&x=3");
        let mut add = |name: &'static str, value: &str| {
            call.headers.append(name, value.parse().expect("valid"));
        };
        add("x-two", "1");
        add("x-two", "2");
        add("cookie", "a=1; b=2");
        add("content-type", "application/json");
        call.body = "\"hi\"".into();
        let found = event(&call, &[("proxy".into(), "a b".into())]);
        let expect = json!({
            "version": "2.0",
            "routeKey": "ANY /{proxy+}",
            "rawPath": "/dev/a b",
            "rawQueryString": "x=1&y=2&x=3",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "host": "127.0.0.1:4566",
                "x-two": "1,2",
                "content-type": "application/json",
                "content-length": "4",
                "x-amzn-trace-id": "Root=1-697e9bdf-000000000000000000000001",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "4566",
                "x-forwarded-proto": "http",
            },
            "queryStringParameters": {"x": "1,3", "y": "2"},
            "requestContext": {},
            "pathParameters": {"proxy": "a b"},
            "body": "\"hi\"",
            "isBase64Encoded": false,
        });
        assert_eq!(found, expect);
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let found = event(&call("GET", "/"), &[]);
        for name in ["cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"] {
            assert_eq!(found.get(name), None, "{name}");
        }
    }

    #[test]
    fn paths() {
        fn check(path: &str, decoded: &str, as_sent: &str) {
            assert_eq!((&*RawPath::Decoded.of(path), &*RawPath::AsSent.of(path)), (decoded, as_sent));
        }
        check("", "/", "/");
        check("/a/b", "/a/b", "/a/b");
        check("/a%20b%2Fc", "/a b/c", "/a%20b%2Fc");
        check("/pa2%Fth/1", "/pa2%Fth/1", "/pa2%Fth/1");
    }

    #[test]
    fn bodies() {
        fn check(kind: Option<&str>, encoded: bool, expect: bool) {
            assert_eq!(body_is_text(kind, encoded), expect, "{kind:?}");
        }
        check(None, false, true);
        check(Some("text/plain; charset=utf-8"), false, true);
        check(Some("application/vnd.api+json"), false, true);
        check(Some("Application/JSON"), false, true);
        check(Some("application/json"), true, false);
        check(Some("application/x-www-form-urlencoded"), false, false);
        check(Some("image/png"), false, false);
    }
}
