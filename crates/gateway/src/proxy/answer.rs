//! What a function's answer means to its client.

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// An answer that is none: not JSON, or not of the form that proxy integration demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A function's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Names and values, those of `multiValueHeaders` first. What `headers` says again is here once (Lambda guide,
    /// "Output format of a Lambda function for proxy integration": both are merged).
    pub(crate) headers: Vec<(String, String)>,
    /// The body as the function wrote it.
    pub(crate) body: Bytes,
    /// Whether the function says that the body is base64.
    pub(crate) base64: bool,
}

/// What an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing but the members that there are; who names no status means 200. So REST APIs take it.
    Strict,
    /// A status, and anything else besides.
    Lenient,
}

#[derive(Default)]
struct Raw<'a> {
    status_code: Option<Scalar<'a>>,
    headers: Pairs<'a, Scalar<'a>>,
    multi_value_headers: Pairs<'a, Many<'a>>,
    body: Option<Text<'a>>,
    is_base64_encoded: Option<bool>,
    /// Whether there are other members.
    more: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reads<'a> {
            type Value = Raw<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw<'a>, A::Error> {
                let mut raw = Raw::default();
                while let Some(Text(name)) = entries.next_key::<Text<'de>>()? {
                    match &*name {
                        "statusCode" => raw.status_code = Some(entries.next_value()?),
                        "headers" => raw.headers = entries.next_value()?,
                        "multiValueHeaders" => raw.multi_value_headers = entries.next_value()?,
                        "body" => raw.body = entries.next_value()?,
                        "isBase64Encoded" => raw.is_base64_encoded = entries.next_value()?,
                        _ => {
                            raw.more = true;
                            entries.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(raw)
            }
        }
        deserializer.deserialize_map(Reads(PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Answer {
    /// Reads a function's answer. A body that needs no unescaping is not copied.
    pub(crate) fn read(payload: &Bytes, form: Form) -> Result<Self, Malformed> {
        let raw: Raw<'_> = serde_json::from_slice(payload).map_err(|_| Malformed)?;
        if raw.more && form == Form::Strict {
            return Err(Malformed);
        }
        let status = match (raw.status_code, form) {
            (None, Form::Strict) => 200,
            (status, _) => {
                let told = status.and_then(|status| status.0).ok_or(Malformed)?;
                told.parse::<u16>().map_err(|_| Malformed)?
            }
        };
        if !(200..=599).contains(&status) {
            return Err(Malformed);
        }
        let many = &raw.multi_value_headers.0;
        let mut headers = Vec::new();
        for (name, values) in many {
            headers
                .extend(values.0.iter().filter_map(|v| Some((name.to_string(), v.0.as_deref()?.to_owned()))));
        }
        let several = headers.len();
        for (name, value) in &raw.headers.0 {
            let Some(value) = value.0.as_deref() else { continue };
            let same = |(n, v): &(String, String)| n.eq_ignore_ascii_case(name) && v == value;
            if !headers[..several].iter().any(same) {
                headers.push((name.to_string(), value.to_owned()));
            }
        }
        let body = match raw.body {
            None => Bytes::new(),
            Some(Text(Cow::Borrowed(text))) => payload.slice_ref(text.as_bytes()),
            Some(Text(Cow::Owned(text))) => text.into(),
        };
        Ok(Self { status, headers, body, base64: raw.is_base64_encoded.unwrap_or(false) })
    }
}

/// A text, number or flag as text; nothing for null.
#[derive(Default)]
struct Scalar<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reads<'a> {
            type Value = Scalar<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a flag")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'a>, E> {
                Ok(Scalar(Some(text.into())))
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar<'a>, E> {
                Ok(Scalar(Some(text.to_owned().into())))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar<'a>, E> {
                Ok(Scalar(Some(number.to_string().into())))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar<'a>, E> {
                Ok(Scalar(Some(number.to_string().into())))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar<'a>, E> {
                Ok(Scalar(Some(number.to_string().into())))
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Scalar<'a>, E> {
                Ok(Scalar(Some(flag.to_string().into())))
            }
            fn visit_unit<E>(self) -> Result<Scalar<'a>, E> {
                Ok(Scalar(None))
            }
        }
        deserializer.deserialize_any(Reads(PhantomData))
    }
}

/// A list of scalars; null is an empty one.
#[derive(Default)]
struct Many<'a>(Vec<Scalar<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Many<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reads<'a> {
            type Value = Many<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Many<'a>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(Many(values))
            }
            fn visit_unit<E>(self) -> Result<Many<'a>, E> {
                Ok(Many::default())
            }
        }
        deserializer.deserialize_any(Reads(PhantomData))
    }
}

/// An object in the order it was written; null is an empty one.
struct Pairs<'a, T>(Vec<(Cow<'a, str>, T)>);

impl<T> Default for Pairs<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de> + 'a> Deserialize<'de> for Pairs<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads<'a, T>(PhantomData<&'a T>);
        impl<'de: 'a, 'a, T: Deserialize<'de> + 'a> Visitor<'de> for Reads<'a, T> {
            type Value = Pairs<'a, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Pairs<'a, T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Text(name), value)) = entries.next_entry::<Text<'de>, T>()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<Pairs<'a, T>, E> {
                Ok(Pairs(Vec::new()))
            }
        }
        deserializer.deserialize_any(Reads(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Expect = Option<(u16, &'static [(&'static str, &'static str)], &'static str, bool)>;

    #[test]
    fn answers() {
        fn check_as(form: Form, payload: &'static str, expect: Expect) {
            let found = Answer::read(&Bytes::from_static(payload.as_bytes()), form).ok();
            let expect = expect.map(|(status, headers, body, base64)| Answer {
                status,
                headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                body: Bytes::from_static(body.as_bytes()),
                base64,
            });
            assert_eq!(found, expect, "{form:?} {payload}");
        }
        let check = |payload, expect| {
            check_as(Form::Strict, payload, expect);
            check_as(Form::Lenient, payload, expect);
        };
        check(r#"{"statusCode":200,"body":"hi"}"#, Some((200, &[], "hi", false)));
        check(r#"{"statusCode":"404"}"#, Some((404, &[], "", false)));
        check(
            r#"{"statusCode":200,"body":null,"headers":null,"multiValueHeaders":null}"#,
            Some((200, &[], "", false)),
        );
        check(r#"{"statusCode":200,"body":"a\"b"}"#, Some((200, &[], "a\"b", false)));
        check(
            r#"{"statusCode":201,"headers":{"A":1,"B":true,"C":null,"D":"d"},"isBase64Encoded":true,"body":"eA=="}"#,
            Some((201, &[("A", "1"), ("B", "true"), ("D", "d")], "eA==", true)),
        );
        check(
            r#"{"statusCode":200,"headers":{"a":"1","B":"2"},"multiValueHeaders":{"A":["3","4"]}}"#,
            Some((200, &[("A", "3"), ("A", "4"), ("a", "1"), ("B", "2")], "", false)),
        );
        check(
            r#"{"statusCode":200,"headers":{"a":"3"},"multiValueHeaders":{"A":["3","4"]}}"#,
            Some((200, &[("A", "3"), ("A", "4")], "", false)),
        );
        let told: [(&str, Expect, Expect); 5] = [
            (r#"{"statusCode":200,"cookies":["x"]}"#, None, Some((200, &[], "", false))),
            (r#"{"statusCode":200,"body":"hi","wrongValue":{"a":[1]}}"#, None, Some((200, &[], "hi", false))),
            ("{}", Some((200, &[], "", false)), None),
            (r#"{"body":"hi"}"#, Some((200, &[], "hi", false)), None),
            (r#"{"headers":{"a":"1"}}"#, Some((200, &[("a", "1")], "", false)), None),
        ];
        for (payload, strict, lenient) in told {
            check_as(Form::Strict, payload, strict);
            check_as(Form::Lenient, payload, lenient);
        }
        for malformed in [
            r#""Hello from Lambda""#,
            "null",
            "[]",
            r#"{"statusCode":null}"#,
            r#"{"statusCode":"ok"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":600}"#,
            r#"{"statusCode":200.5}"#,
            r#"{"statusCode":200,"body":{"a":1}}"#,
            r#"{"statusCode":200,"headers":"x"}"#,
            r#"{"statusCode":200,"headers":{"a":["x"]}}"#,
            "",
        ] {
            check(malformed, None);
        }
    }

    #[test]
    fn a_plain_body_is_not_copied() {
        let payload = Bytes::from_static(br#"{"statusCode":200,"body":"plain"}"#);
        let answer = Answer::read(&payload, Form::Strict).expect("an answer");
        assert!(payload.as_ptr_range().contains(&answer.body.as_ptr()));
    }

    proptest! {
        #[test]
        fn any_payload_is_judged(payload in "\\PC{0,40}") {
            let _ = Answer::read(&Bytes::from(payload), Form::Strict);
        }
    }
}
