//! What a function's answer means to its client.

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    status_code: Scalar<'a>,
    #[serde(borrow, default)]
    headers: Pairs<'a, Scalar<'a>>,
    #[serde(borrow, default)]
    multi_value_headers: Pairs<'a, Many<'a>>,
    #[serde(borrow, default)]
    body: Option<Text<'a>>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Answer {
    /// Reads a function's answer. A body that needs no unescaping is not copied.
    pub(crate) fn read(payload: &Bytes) -> Result<Self, Malformed> {
        let raw: Raw<'_> = serde_json::from_slice(payload).map_err(|_| Malformed)?;
        let status = raw.status_code.0.ok_or(Malformed)?.parse::<u16>().map_err(|_| Malformed)?;
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
        fn check(payload: &'static str, expect: Expect) {
            let found = Answer::read(&Bytes::from_static(payload.as_bytes())).ok();
            let expect = expect.map(|(status, headers, body, base64)| Answer {
                status,
                headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                body: Bytes::from_static(body.as_bytes()),
                base64,
            });
            assert_eq!(found, expect, "{payload}");
        }
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
        check(r#"{"statusCode":200,"cookies":["x"]}"#, Some((200, &[], "", false)));
        for malformed in [
            r#""Hello from Lambda""#,
            "null",
            "[]",
            "{}",
            r#"{"body":"hi"}"#,
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
        let answer = Answer::read(&payload).expect("an answer");
        assert!(payload.as_ptr_range().contains(&answer.body.as_ptr()));
    }

    proptest! {
        #[test]
        fn any_payload_is_judged(payload in "\\PC{0,40}") {
            let _ = Answer::read(&Bytes::from(payload));
        }
    }
}
