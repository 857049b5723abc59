//! Members outside the body, and bodies that are one member.

use crate::{
    Value,
    codec::{Malformed, Request, decode, encode},
    schema::{Kind, Location, Member, OperationSchema, Protocol, ServiceSchema, Shape},
};
use bytes::Bytes;
use http::HeaderMap;
use tinderbox_base::{RequestId, SeededRandom, Timestamp};

static SHAPES: [Shape; 9] = [
    Shape::structure(
        "InvokeRequest",
        const {
            &[
                Member::new("Name", 1).at(Location::Label),
                Member::new("Qualifier", 1).at(Location::Query),
                Member::new("Keys", 2).at(Location::Query).wire("key"),
                Member::new("Count", 3).at(Location::Header).wire("X-Count"),
                Member::new("Since", 4).at(Location::Header).wire("If-Modified-Since"),
                Member::new("Names", 2).at(Location::Header).wire("X-Names"),
                Member::new("Meta", 5).at(Location::PrefixHeaders).wire("X-Meta-"),
                Member::new("Payload", 6).at(Location::Payload),
            ]
        },
    ),
    Shape::string("String"),
    Shape::list("Strings", 1),
    Shape::new("Count", Kind::Integer),
    Shape::new("Moment", Kind::Timestamp(None)),
    Shape::map("Meta", 1, 1),
    Shape::new("Payload", Kind::Blob),
    Shape::structure(
        "InvokeResponse",
        const {
            &[
                Member::new("Status", 3).at(Location::StatusCode),
                Member::new("Since", 4).at(Location::Header).wire("Last-Modified"),
                Member::new("Names", 2).at(Location::Header).wire("X-Names"),
                Member::new("Meta", 5).at(Location::PrefixHeaders).wire("X-Meta-"),
                Member::new("Payload", 6).at(Location::Payload),
            ]
        },
    ),
    Shape::structure(
        "Mixed",
        const { &[Member::new("Id", 1).at(Location::Header).wire("X-Id"), Member::new("Name", 1)] },
    ),
];

static SERVICE: ServiceSchema = ServiceSchema { shapes: &SHAPES, ..ServiceSchema::EMPTY };
static INVOKE: OperationSchema = OperationSchema::named("Invoke", "POST", "/{Name}").typed(Some(0), Some(7));
static MIXED: OperationSchema = OperationSchema::named("Mixed", "POST", "/").typed(Some(8), Some(8));

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (n.parse().expect("a name"), v.parse().expect("a value"))).collect()
}

#[test]
fn a_request_taken_apart() {
    let headers = headers(&[
        ("x-count", "7"),
        ("if-modified-since", "Sat, 31 Jan 2026 23:59:59 GMT"),
        ("x-names", "a, \"b,c\""),
        ("x-meta-color", "red"),
    ]);
    let body = Bytes::from_static(b"\0any bytes");
    for protocol in [Protocol::RestJson1, Protocol::RestXml] {
        let request = Request {
            labels: vec![("Name", "hello".into())],
            query: [("Qualifier", "1"), ("key", "a"), ("key", "b")]
                .map(|(n, v)| (n.into(), v.into()))
                .to_vec(),
            headers: &headers,
            body: body.clone(),
        };
        let value = decode(&SERVICE, &INVOKE, protocol, &request).expect("a request");
        let Value::Blob(payload) = value.member(7) else { panic!("no payload") };
        assert_eq!(payload.as_ptr(), body.as_ptr(), "the payload is not copied");
        let expect = [
            text("hello"),
            text("1"),
            Value::List(vec![text("a"), text("b")]),
            Value::Int(7),
            Value::Timestamp(Timestamp::from_millis(1_769_903_999_000)),
            Value::List(vec![text("a"), text("b,c")]),
            Value::Map(vec![("color".into(), text("red"))]),
            Value::Blob(body.clone()),
        ];
        assert_eq!(value, Value::Struct(expect.to_vec()));
    }
}

#[test]
fn a_response_put_together() {
    let payload = Bytes::from_static(b"\0any bytes");
    let output = Value::Struct(vec![
        Value::Int(202),
        Value::Timestamp(Timestamp::from_millis(1_769_903_999_000)),
        Value::List(vec![text("a"), text("b,c")]),
        Value::Map(vec![("color".into(), text("red")), ("broken".into(), text("a\nb"))]),
        Value::Blob(payload.clone()),
    ]);
    for protocol in [Protocol::RestJson1, Protocol::RestXml] {
        let id = RequestId::new(&SeededRandom::new(1));
        let reply = encode(&SERVICE, &INVOKE, protocol, output.clone(), id);
        assert_eq!((reply.status, reply.body.as_ptr()), (202, payload.as_ptr()));
        let expect = headers(&[
            ("last-modified", "Sat, 31 Jan 2026 23:59:59 GMT"),
            ("x-names", "a, \"b,c\""),
            ("x-meta-color", "red"),
            ("content-type", "application/octet-stream"),
        ]);
        assert_eq!(reply.headers, expect, "what no header can hold is left out");
    }
}

#[test]
fn bodies_of_rest_json() {
    fn check(body: &'static str, expect: Result<Value, &str>) {
        let headers = headers(&[("x-id", "i")]);
        let request = Request {
            labels: Vec::new(),
            query: Vec::new(),
            headers: &headers,
            body: Bytes::from_static(body.as_bytes()),
        };
        let found = decode(&SERVICE, &MIXED, Protocol::RestJson1, &request);
        assert_eq!(found, expect.map_err(Malformed::new), "{body}");
    }
    check("", Ok(Value::Struct(vec![text("i"), Value::Null])));
    check(" \n", Ok(Value::Struct(vec![text("i"), Value::Null])));
    check(r#"{"Name":"n"}"#, Ok(Value::Struct(vec![text("i"), text("n")])));
    // A member that travels in a header is none of the body.
    check(r#"{"X-Id":"x","Id":"x"}"#, Ok(Value::Struct(vec![text("i"), Value::Null])));
    check("null", Err("The body must be a JSON object"));
    check("[]", Err("Start of list found where not expected"));
}
