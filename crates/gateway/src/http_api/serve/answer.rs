//! What a function's answer means, by payload format 2.0: it may be any JSON.

use crate::proxy::put_header;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

/// An answer that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What is taken for what a function does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    /// The content type of an answer with a status and without one.
    pub(crate) content_type: &'static str,
}

/// A function's answer.
#[derive(Debug)]
pub(crate) struct Answer(Response<Bytes>);

impl Answer {
    /// Reads a function's answer. An object with `statusCode` says what to answer; any other JSON is the body, and
    /// what is no JSON is none (API Gateway guide, "Lambda function response for format 2.0").
    pub(crate) fn read(payload: &Bytes, defaults: Defaults) -> Result<Self, Malformed> {
        let value: Value = serde_json::from_slice(payload).map_err(|_| Malformed)?;
        match value {
            Value::Object(object) if object.contains_key("statusCode") => Self::said(&object, defaults),
            // A text is the body itself, not the JSON that it came in.
            Value::String(text) => Ok(Self::inferred(text.into())),
            _ => Ok(Self::inferred(payload.clone())),
        }
    }

    /// Reads what precedes an answer in parts: an object with `statusCode`, `headers` and `cookies`. What is no status at
    /// all is 200.
    pub(crate) fn from_metadata(metadata: &[u8], defaults: Defaults) -> Result<Self, Malformed> {
        let mut said: Map<String, Value> = serde_json::from_slice(metadata).map_err(|_| Malformed)?;
        said.remove("body");
        said.entry("statusCode").or_insert_with(|| 200.into());
        Self::said(&said, defaults)
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        self.0
    }

    fn inferred(body: Bytes) -> Self {
        let mut response = Response::new(body);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        Self(response)
    }

    fn said(object: &Map<String, Value>, defaults: Defaults) -> Result<Self, Malformed> {
        let status = match object.get("statusCode") {
            Some(Value::Number(number)) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let status = status.filter(|status| (200..=599).contains(status)).ok_or(Malformed)?;
        let body = match object.get("body") {
            None | Some(Value::Null) => Bytes::new(),
            Some(Value::String(text)) if object.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
                BASE64_STANDARD.decode(text).map_err(|_| Malformed)?.into()
            }
            Some(Value::String(text)) => Bytes::from(text.clone()),
            Some(Value::Number(_) | Value::Bool(_)) => {
                object.get("body").map_or_else(String::new, Value::to_string).into()
            }
            Some(_) => return Err(Malformed),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Malformed)?;
        let headers = response.headers_mut();
        put_all(object.get("headers"), headers)?;
        put_all(object.get("multiValueHeaders"), headers)?;
        match object.get("cookies") {
            None | Some(Value::Null) => {}
            Some(Value::Array(cookies)) => {
                for cookie in cookies {
                    put_header("set-cookie", &scalar(cookie).ok_or(Malformed)?, headers);
                }
            }
            Some(_) => return Err(Malformed),
        }
        if !headers.contains_key(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(defaults.content_type));
        }
        Ok(Self(response))
    }
}

fn put_all(given: Option<&Value>, headers: &mut HeaderMap) -> Result<(), Malformed> {
    let given = match given {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(Malformed),
    };
    for (name, value) in given {
        match value {
            Value::Null => {}
            Value::Array(values) => {
                for value in values {
                    put_header(name, &scalar(value).ok_or(Malformed)?, headers);
                }
            }
            value => put_header(name, &scalar(value).ok_or(Malformed)?, headers),
        }
    }
    Ok(())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEFAULTS: Defaults = Defaults { content_type: "text/plain; charset=utf-8" };

    /// Status, body and headers; none if it is no answer.
    type Expect<'e> = Option<(u16, &'e str, &'e [(&'e str, &'e str)])>;

    #[test]
    fn answers() {
        fn check(payload: &'static str, expect: Expect<'_>) {
            let found = Answer::read(&Bytes::from_static(payload.as_bytes()), DEFAULTS);
            let found = found.ok().map(Answer::into_response);
            let headers = |response: &Response<Bytes>| -> Vec<(String, String)> {
                let text = |v: &HeaderValue| v.to_str().expect("text").to_owned();
                response.headers().iter().map(|(n, v)| (n.to_string(), text(v))).collect()
            };
            let found = found
                .map(|r| (r.status().as_u16(), String::from_utf8_lossy(r.body()).into_owned(), headers(&r)));
            let expect = expect.map(|(status, body, headers)| {
                let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
                (status, body.to_owned(), headers)
            });
            assert_eq!(found, expect, "{payload}");
        }
        let json = [("content-type", "application/json")];
        let text = [("content-type", "text/plain; charset=utf-8")];
        check(r#"{"message":"hi"}"#, Some((200, r#"{"message":"hi"}"#, &json)));
        check(r#""hi""#, Some((200, "hi", &json)));
        check("null", Some((200, "null", &json)));
        check("[1,2]", Some((200, "[1,2]", &json)));
        check(r#"{"statusCode":201,"body":"made"}"#, Some((201, "made", &text)));
        check(r#"{"statusCode":"204"}"#, Some((204, "", &text)));
        check(
            r#"{"statusCode":200,"headers":{"Content-Type":"text/html"},"body":"<p>"}"#,
            Some((200, "<p>", &[("content-type", "text/html")])),
        );
        check(
            r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true,"cookies":["a=1","b=2"],"headers":{"content-type":"x/y"}}"#,
            Some((200, "hi", &[("content-type", "x/y"), ("set-cookie", "a=1"), ("set-cookie", "b=2")])),
        );
        check(r#"{"statusCode":200,"body":{"a":1}}"#, None);
        check(r#"{"statusCode":99}"#, None);
        check(r#"{"statusCode":100}"#, None);
        check(r#"{"statusCode":null}"#, None);
        check(r#"{"statusCode":200,"cookies":"a=1"}"#, None);
        check(r#"{"statusCode":200,"headers":{"a":{}}}"#, None);
        check(r#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#, None);
        check("hi", None);
    }

    proptest! {
        #[test]
        fn any_payload_is_judged(payload in "\\PC{0,40}") {
            let _ = Answer::read(&Bytes::from(payload), DEFAULTS);
        }
    }
}
