//! The event that a function gets, written straight into a buffer.

use super::headers::forwarded;
use crate::{
    call::{Call, text},
    json::{self, Object},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::borrow::Cow;

/// What an event is made of.
pub(crate) struct Event<'a> {
    /// The request.
    pub(crate) call: &'a Call,
    /// Its headers as the function sees them.
    pub(crate) headers: &'a [Shown<'a>],
    /// The parameters of its query string.
    pub(crate) query: &'a [(String, String)],
    /// The parameters of its path.
    pub(crate) params: &'a [(&'a str, &'a str)],
    /// The template of the resource that was found.
    pub(crate) resource: &'a str,
    /// The path without its stage.
    pub(crate) path: &'a str,
    /// The stage's variables as JSON.
    pub(crate) stage_variables: &'a [u8],
    /// Whether the body is passed as base64.
    pub(crate) binary: bool,
}

/// A header's name and value, as they are shown.
pub(crate) type Shown<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The headers as functions see them: those of the client, and what the gateway adds.
pub(crate) fn shown_headers(call: &Call) -> Vec<Shown<'_>> {
    let own = ["x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];
    let passed = call.headers.iter().filter(|(name, _)| forwarded(name) && !own.contains(&name.as_str()));
    let mut shown: Vec<_> = passed.map(|(name, value)| (call.written(name).into(), text(value))).collect();
    if call.uri.authority().is_some() && !call.headers.contains_key(http::header::HOST) {
        // HTTP/2 names the host elsewhere.
        shown.push(("Host".into(), call.host().into()));
    }
    shown.push(("X-Amzn-Trace-Id".into(), call.trace.as_str().into()));
    let hops = call.header("x-forwarded-for").map(|hops| format!("{hops}, ")).unwrap_or_default();
    shown.push(("X-Forwarded-For".into(), format!("{hops}{}", call.source_ip).into()));
    let port = call.host().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    shown.push(("X-Forwarded-Port".into(), port.unwrap_or(80).to_string().into()));
    shown.push(("X-Forwarded-Proto".into(), call.header("x-forwarded-proto").unwrap_or("http").into()));
    shown
}

/// Names that REST APIs write in their own way, however the client does.
const CANONICAL: [&str; 3] = ["Authorization", "Host", "User-Agent"];

/// The headers as REST APIs show them: without the length, which is not that of what the function gets.
pub(crate) fn shown_by_rest_apis(call: &Call) -> Vec<Shown<'_>> {
    let mut shown = shown_headers(call);
    shown.retain_mut(|(name, _)| {
        if let Some(canonical) = CANONICAL.iter().find(|own| own.eq_ignore_ascii_case(name)) {
            *name = Cow::Borrowed(canonical);
        }
        !name.eq_ignore_ascii_case("content-length")
    });
    shown
}

impl Event<'_> {
    /// The whole event; `context` appends its `requestContext`.
    pub(crate) fn write(&self, context: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let body = self.call.body.len();
        let mut out = Vec::with_capacity(2048 + if self.binary { body / 3 * 4 + 4 } else { body + body / 8 });
        let mut object = Object::begin(&mut out);
        self.head(&mut object, context);
        self.body(&mut object);
        object.end();
        out
    }

    /// Everything but the body.
    pub(crate) fn head(&self, object: &mut Object<'_>, context: impl FnOnce(&mut Vec<u8>)) {
        let headers = self.headers.iter().map(|(name, value)| (&**name, &**value));
        let query = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        object.text("resource", self.resource);
        object.text("path", self.path);
        object.text("httpMethod", self.call.method.as_str());
        json::last_values(headers.clone(), object.key("headers"));
        json::all_values(headers, object.key("multiValueHeaders"));
        json::last_values(query.clone(), object.key("queryStringParameters"));
        json::all_values(query, object.key("multiValueQueryStringParameters"));
        json::last_values(self.params.iter().copied(), object.key("pathParameters"));
        object.raw("stageVariables", self.stage_variables);
        context(object.key("requestContext"));
    }

    fn body(&self, object: &mut Object<'_>) {
        let (body, out) = (&self.call.body[..], object.key("body"));
        if body.is_empty() {
            out.extend_from_slice(b"null");
        } else if self.binary {
            out.push(b'"');
            out.extend_from_slice(BASE64_STANDARD.encode(body).as_bytes());
            out.push(b'"');
        } else {
            json::string(&String::from_utf8_lossy(body), out);
        }
        let encoded = self.binary && !body.is_empty();
        object.raw("isBase64Encoded", if encoded { b"true" } else { b"false" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::call;
    use serde_json::{Value, json};

    fn event(call: &Call, binary: bool) -> Value {
        let (headers, query) = (shown_headers(call), call.query());
        let event = Event {
            call,
            headers: &headers,
            query: &query,
            params: &[("proxy", "a/b")],
            resource: "/{proxy+}",
            path: "/a/b",
            stage_variables: b"null",
            binary,
        };
        let written = event.write(|out| out.extend_from_slice(b"{}"));
        serde_json::from_slice(&written).expect("JSON")
    }

    #[test]
    fn an_event_is_complete() {
        let mut call = call("POST", "/lab3/a/b?x=1&x=2");
        call.headers.append("x-two", "1".parse().expect("valid"));
        call.headers.append("x-two", "2".parse().expect("valid"));
        call.headers.append("te", "trailers".parse().expect("valid"));
        call.body = "\"hi\"".into();
        let expect = json!({
            "resource": "/{proxy+}",
            "path": "/a/b",
            "httpMethod": "POST",
            "headers": {
                "Host": "127.0.0.1:4566",
                "x-two": "2",
                "X-Amzn-Trace-Id": "Root=1-697e9bdf-000000000000000000000001",
                "X-Forwarded-For": "127.0.0.1",
                "X-Forwarded-Port": "4566",
                "X-Forwarded-Proto": "http",
            },
            "multiValueHeaders": {
                "Host": ["127.0.0.1:4566"],
                "x-two": ["1", "2"],
                "X-Amzn-Trace-Id": ["Root=1-697e9bdf-000000000000000000000001"],
                "X-Forwarded-For": ["127.0.0.1"],
                "X-Forwarded-Port": ["4566"],
                "X-Forwarded-Proto": ["http"],
            },
            "queryStringParameters": {"x": "2"},
            "multiValueQueryStringParameters": {"x": ["1", "2"]},
            "pathParameters": {"proxy": "a/b"},
            "stageVariables": null,
            "requestContext": {},
            "body": "\"hi\"",
            "isBase64Encoded": false,
        });
        assert_eq!(event(&call, false), expect);
    }

    #[test]
    fn headers_of_rest_apis() {
        let mut call = call("POST", "/lab3/a");
        call.names = ["host", "user-AGENT", "authorization", "x-oWn", "accept"].map(Into::into).into();
        for (name, value) in [
            ("user-agent", "me"),
            ("authorization", "a"),
            ("x-own", "b"),
            ("accept", "c"),
            ("content-length", "2"),
        ] {
            call.headers.append(name, value.parse().expect("valid"));
        }
        let names: Vec<_> =
            shown_by_rest_apis(&call).into_iter().map(|(name, _)| name.into_owned()).collect();
        let own = ["Host", "User-Agent", "Authorization", "x-oWn", "accept"];
        assert_eq!(names[..5], own);
        assert!(names[5..].iter().all(|name| name.starts_with("X-")), "{names:?}");
    }

    #[test]
    fn bodies() {
        fn check(body: &'static [u8], binary: bool, expect: Value, encoded: bool) {
            let mut call = call("POST", "/lab3/a");
            call.body = body.into();
            let event = event(&call, binary);
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&expect, &json!(encoded)));
        }
        check(b"", true, Value::Null, false);
        check(b"\xff\x00", true, json!("/wA="), true);
        check(b"\xff", false, json!("\u{fffd}"), false);
    }
}
