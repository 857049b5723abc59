//! What each format reads, and how it refuses what the shapes do not allow.

use super::SERVICE;
use crate::{
    Value,
    codec::{Malformed, Scope, cbor, form::Form, json},
    schema::Protocol,
};
use tinderbox_base::Timestamp;

fn member(result: Result<Value, Malformed>, index: usize) -> Result<Value, String> {
    result
        .map(|value| value.member(index).clone())
        .map_err(|malformed| malformed.message(Protocol::AwsJson1_0))
}

#[test]
fn json_members() {
    fn check(body: &str, index: usize, expect: Result<Value, &str>) {
        assert_eq!(
            member(json::decode(&SERVICE, 0, Scope::Everything, body.as_bytes()), index),
            expect.map_err(str::to_owned),
            "{body}"
        );
    }
    let text = |s: &str| Ok(Value::String(s.into()));
    check(r#"{"Text":"a\u00e9","Unknown":[{"x":1}]}"#, 0, text("aé"));
    check(r#"{"T\u0065xt":"a"}"#, 0, text("a"));
    check(r#"{"Text":null}"#, 0, Ok(Value::Null));
    check(r#"{"Text":7}"#, 0, Err("NUMBER_VALUE cannot be converted to String"));
    check(r#"{"Text":true}"#, 0, Err("TRUE_VALUE cannot be converted to String"));
    check(r#"{"Text":[]}"#, 0, Err("Start of list found where not expected"));
    check(r#"{"Text":{}}"#, 0, Err("Start of structure or map found where not expected."));
    check(r#"{"raw":"aGk="}"#, 1, Ok(Value::Blob("hi".into())));
    check(r#"{"raw":"!"}"#, 1, Err("The value is not valid base64"));
    check(r#"{"Flag":"true"}"#, 2, Err("STRING_VALUE cannot be converted to Boolean"));
    check(r#"{"Whole":3.0}"#, 3, Ok(Value::Int(3)));
    check(r#"{"Whole":3.5}"#, 3, Err("NUMBER_VALUE cannot be converted to Integer"));
    check(r#"{"Whole":2147483648}"#, 3, Err("NUMBER_VALUE cannot be converted to Integer"));
    check(r#"{"Whole":"3"}"#, 3, Err("STRING_VALUE cannot be converted to Integer"));
    check(r#"{"Large":9223372036854775807}"#, 4, Ok(Value::Int(i64::MAX)));
    check(r#"{"Large":9223372036854775808}"#, 4, Err("NUMBER_VALUE cannot be converted to Long"));
    check(r#"{"Real":"Infinity"}"#, 5, Ok(Value::Float(f64::INFINITY)));
    check(r#"{"Real":18446744073709551615}"#, 5, Ok(Value::Float(18_446_744_073_709_551_615.0)));
    check(r#"{"Seconds":1.5}"#, 6, Ok(Value::Timestamp(Timestamp::from_millis(1500))));
    check(r#"{"Seconds":1e300}"#, 6, Err("NUMBER_VALUE cannot be converted to Timestamp"));
    check(r#"{"Texts":"a"}"#, 8, Err("Expected list or null"));
    check(r#"{"Numbers":"a"}"#, 10, Err("Expected map or null"));
    check(r#"{"Inner":7}"#, 12, Err("Expected null"));
    check(r#"{"Inner":[1]}"#, 12, Err("Start of list found where not expected"));
}

#[test]
fn json_bodies_that_are_none() {
    for body in ["", "{", "{}x", "{\"Text\":}", "{Text:1}", "{\"Text\":\"\u{1}\"}"] {
        let Err(Malformed::Other(message)) = json::decode(&SERVICE, 0, Scope::Everything, body.as_bytes())
        else {
            panic!("{body}")
        };
        assert!(message.starts_with("Could not parse the body as JSON"), "{body}: {message}");
    }
}

#[test]
fn others_than_dynamodb_word_it_differently() {
    fn check(body: &str, expect: &str) {
        let malformed =
            json::decode(&SERVICE, 0, Scope::Everything, body.as_bytes()).expect_err("a wrong type");
        assert_eq!(malformed.message(Protocol::RestJson1), expect);
    }
    check(r#"{"Text":7}"#, "NUMBER_VALUE can not be converted to a String");
    check(r#"{"Whole":""}"#, "STRING_VALUE can not be converted to an Integer");
}

#[test]
fn cbor_members() {
    fn check(body: &[u8], index: usize, expect: Result<Value, &str>) {
        assert_eq!(
            member(cbor::decode(&SERVICE, 0, body), index),
            expect.map_err(str::to_owned),
            "{body:x?}"
        );
    }
    check(b"\xa1\x64Text\x61a", 0, Ok(Value::String("a".into())));
    check(b"\xbf\x7f\x62Te\x62xt\xff\x7f\x61a\x61b\xff\xff", 0, Ok(Value::String("ab".into())));
    check(b"\xa2\x61x\x82\x01\xa1\x61y\xf5\x64Text\x61a", 0, Ok(Value::String("a".into())));
    check(b"\xa1\x64Text\x07", 0, Err("NUMBER_VALUE cannot be converted to String"));
    check(b"\xa1\x65Bytes\x42hi", 1, Ok(Value::Blob("hi".into())));
    check(b"\xa1\x65Whole\x38\x63", 3, Ok(Value::Int(-100)));
    check(b"\xa1\x65Large\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", 4, Ok(Value::Int(i64::MIN)));
    check(b"\xa1\x65Large\x1b\x80\0\0\0\0\0\0\0", 4, Err("NUMBER_VALUE cannot be converted to Long"));
    check(b"\xa1\x64Real\xf9\x3e\x00", 5, Ok(Value::Float(1.5)));
    check(b"\xa1\x64Real\xfa\x3f\xc0\x00\x00", 5, Ok(Value::Float(1.5)));
    check(b"\xa1\x67Seconds\xc1\x01", 6, Ok(Value::Timestamp(Timestamp::from_millis(1000))));
    check(
        b"\xa1\x67Seconds\xc1\xfb\x3f\xf8\0\0\0\0\0\0",
        6,
        Ok(Value::Timestamp(Timestamp::from_millis(1500))),
    );
    check(b"\xa1\x67Seconds\xc1\x61a", 6, Err("TIMESTAMP_VALUE cannot be converted to Timestamp"));
    check(
        b"\xa1\x65Texts\x9f\x61a\xf6\xff",
        8,
        Ok(Value::List(vec![Value::String("a".into()), Value::Null])),
    );
    check(b"\xa0\xa0", 0, Err("The body goes on after its end"));
    check(b"\xa1\x64Text\xff", 0, Err("Could not parse the body as CBOR"));
    check(b"\xa1\x01\x01", 0, Err("Could not parse the body as CBOR: a key must be text"));
    check(b"\xa1\x64Text", 0, Err("Could not parse the body as CBOR: it ends early"));
}

#[test]
fn forms() {
    fn check(form: &str, index: usize, expect: Result<Value, &str>) {
        let parameters = crate::route::parse_query(form.as_bytes()).expect("few");
        let read = Form::new(&parameters).structure(&SERVICE, 0);
        assert_eq!(member(read, index), expect.map_err(str::to_owned), "{form}");
    }
    let text = |s: &str| Value::String(s.into());
    check("Text=a+b", 0, Ok(text("a b")));
    check("Whole=7&Text=x", 3, Ok(Value::Int(7)));
    check("Whole=x", 3, Err("STRING_VALUE cannot be converted to Integer"));
    check("Moment=1970-01-01T00%3A00%3A01Z", 7, Ok(Value::Timestamp(Timestamp::from_millis(1000))));
    check(
        "Texts.member.2=b&Texts.member.10=c&Texts.member.1=a",
        8,
        Ok(Value::List(vec![text("a"), text("b"), text("c")])),
    );
    check("Texts=", 8, Ok(Value::List(vec![])));
    check(
        "Numbers.entry.1.key=a&Numbers.entry.1.value=1",
        10,
        Ok(Value::Map(vec![("a".into(), Value::Int(1))])),
    );
    check(
        "FlatMap.1.Name=a&FlatMap.1.Value.member.1=x",
        11,
        Ok(Value::Map(vec![("a".into(), Value::List(vec![text("x")]))])),
    );
    let named = |name: &str| Value::Struct(vec![Value::Null, text(name), Value::Null, Value::Null]);
    check("item.1.Name=a&item.2.Name=b", 9, Ok(Value::List(vec![named("a"), named("b")])));
    check("Flat.2.Name=b&Flat.1.Name=a&Flat1=x&Fla=y", 9, Ok(Value::List(vec![named("a"), named("b")])));
    check("Inner.Name=a", 12, Ok(named("a")));
    check("Text.x=1", 0, Err("Start of structure or map found where not expected."));
}
