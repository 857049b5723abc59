//! Whole requests, from head to response.

mod fuzz;
mod panics;

use super::*;
use crate::{
    Context, FromValue, IntoValue, Result, ServiceError, Value, async_trait,
    schema::{ErrorSchema, Location, Member, OperationSchema, ServiceSchema, Shape},
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tinderbox_base::{AccountId, Caller, Error, ErrorKind, Region, SeededRandom};

static SHAPES: [Shape; 4] = [
    Shape::string("String").max(20),
    Shape::structure("Input", const { &[Member::new("Name", 0).required().at(Location::Label)] }),
    Shape::structure("Output", const { &[Member::new("Greeting", 0)] }),
    Shape::structure("MissingFault", const { &[Member::new("Type", 0), Member::new("Message", 0)] }),
];
static OPERATIONS: [OperationSchema; 3] = [
    OperationSchema::named("Greet", "POST", "/greet/{Name}").typed(Some(1), Some(2)).body_limit(64),
    OperationSchema::named("Part", "POST", "/part"),
    OperationSchema::named("Silence", "DELETE", "/greet").typed(None, None).status(204),
];
static ERRORS: [ErrorSchema; 1] = [ErrorSchema { shape: 3, code: "Missing", status: 404, sender: true }];

const fn schema(name: &'static str, protocols: &'static [Protocol]) -> ServiceSchema {
    ServiceSchema {
        name,
        sdk_id: name,
        signing_name: name,
        api_version: "2026-01-31",
        protocols,
        operations: &OPERATIONS,
        shapes: &SHAPES,
        errors: &ERRORS,
        error_codes: &[(ErrorKind::NotFound, "MissingFault"), (ErrorKind::Internal, "Broken")],
        ..ServiceSchema::EMPTY
    }
}

static REST: ServiceSchema = schema("rest", &[Protocol::RestJson1]);
/// Everything that needs no path.
static RPC: ServiceSchema = ServiceSchema {
    target_prefix: Some("Rpc_2026"),
    xml_namespace: Some("http://rpc/"),
    query_compatible: true,
    ..schema("rpc", &[Protocol::RpcV2Cbor, Protocol::AwsJson1_0, Protocol::AwsQuery])
};

struct Greeter(&'static ServiceSchema);

use types::{Input, Output};

#[expect(unreachable_pub, reason = "generated types are public")]
mod types {
    crate::structures! {
        pub struct Input {
            pub name: String,
        }
        pub struct Output {
            pub greeting: Option<String>,
        }
    }
}

#[async_trait]
impl Service for Greeter {
    fn schema(&self) -> &'static ServiceSchema {
        self.0
    }

    async fn call(&self, cx: &mut Context, operation: usize, input: Value) -> Result<Value> {
        if operation == 2 {
            return Ok(Value::Null);
        }
        let name = Input::from_value(input)?.name;
        cx.header("x-tinderbox-start", "warm");
        match name.as_str() {
            "nobody" => Err(Error::not_found("There is nobody.").into()),
            "broken" => Err(Error::internal(std::io::Error::other("secret cause")).into()),
            "coded" => Err(ServiceError::coded("Odd", 418, "odd")),
            "whoami" => {
                let who = format!("{}/{}", cx.caller.account, cx.caller.region);
                Ok(Output { greeting: Some(who) }.into_value())
            }
            "where" => Ok(Output { greeting: Some(cx.endpoint.clone()) }.into_value()),
            name => Ok(Output { greeting: Some(format!("hello {name}")) }.into_value()),
        }
    }
}

fn router() -> Router {
    Router::new(Arc::new(SeededRandom::new(1)))
        .mount(Arc::new(Greeter(&REST)))
        .mount(Arc::new(Greeter(&RPC)))
        .reached_as("box.example")
}

async fn send(request: Request<Full<Bytes>>, origin: &Origin) -> (StatusCode, Response<()>, String) {
    let (head, body) = router().handle(request, origin).await.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status, Response::from_parts(head, ()), String::from_utf8_lossy(&body).into_owned())
}

fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Request<Full<Bytes>> {
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::new(Bytes::from(body.to_owned()))).expect("a request")
}

fn signed(key: &str, service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={key}/20260131/eu-west-1/{service}/aws4_request, Signature=x")
}

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.0");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

async fn check(request: Request<Full<Bytes>>, status: u16, expect: &str) {
    let asked = format!("{} {}", request.method(), request.uri());
    let (found, head, body) = send(request, &Origin::Loopback).await;
    let id = head.headers()["x-amzn-requestid"].to_str().expect("text");
    assert_eq!((found.as_u16(), body.replace(id, "ID")), (status, expect.to_owned()), "{asked}");
    assert_eq!(head.headers()["x-amz-request-id"], id);
    assert!(!head.headers().contains_key("date"), "the server adds the date");
}

#[tokio::test]
async fn rest_json() {
    let greet = |name: &str| request("POST", &format!("/greet/{name}"), &[], "");
    check(greet("a%20b"), 200, r#"{"Greeting":"hello a b"}"#).await;
    check(greet("nobody"), 404, r#"{"Type":"User","Message":"There is nobody."}"#).await;
    check(greet("broken"), 500, r#"{"message":"An internal error occurred."}"#).await;
    check(greet("coded"), 418, r#"{"message":"odd"}"#).await;
    check(request("DELETE", "/greet", &[], ""), 204, "").await;
    check(
        greet(&"x".repeat(21)),
        400,
        &format!(
            r#"{{"message":"1 validation error detected: Value '{}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 20"}}"#,
            "x".repeat(21)
        ),
    )
    .await;
    let text = r#"{"message":"Tinderbox does not implement the operation Part of rest."}"#;
    check(request("POST", "/part", &[], ""), 501, text).await;
    check(request("GET", "/nowhere", &[], ""), 404, r#"{"message":"The operation /nowhere is unknown"}"#)
        .await;
    let scope = signed("k", "rest");
    let unknown = request("GET", "/nowhere", &[("authorization", &scope)], "");
    check(unknown, 404, r#"{"message":"The operation GET /nowhere is unknown"}"#).await;
    let large = request("POST", "/greet/a", &[], &"x".repeat(65));
    check(large, 413, r#"{"message":"Request must be smaller than 64 bytes for the Greet operation"}"#).await;
}

#[tokio::test]
async fn aws_json() {
    let call = |target: &str, body: &str| request("POST", "/", &[JSON, ("x-amz-target", target)], body);
    check(call("Rpc_2026.Greet", r#"{"Name":"you"}"#), 200, r#"{"Greeting":"hello you"}"#).await;
    let missing = r#"{"__type":"MissingFault","Type":"User","Message":"There is nobody."}"#;
    check(call("Rpc_2026.Greet", r#"{"Name":"nobody"}"#), 404, missing).await;
    let wrong =
        r#"{"__type":"SerializationException","Message":"NUMBER_VALUE cannot be converted to String"}"#;
    check(call("Rpc_2026.Greet", r#"{"Name":7}"#), 400, wrong).await;
    let unknown = r#"{"__type":"UnknownOperationException","message":"The operation Nope is unknown"}"#;
    check(call("Rpc_2026.Nope", "{}"), 400, unknown).await;
    let absent = r#"{"__type":"NotImplemented","message":"Tinderbox has no service 'DynamoDB_20120810'."}"#;
    check(call("DynamoDB_20120810.ListTables", "{}"), 501, absent).await;
    let part =
        r#"{"__type":"NotImplemented","message":"Tinderbox does not implement the operation Part of rpc."}"#;
    check(call("Rpc_2026.Part", "{}"), 501, part).await;
    check(call("Rpc_2026.Silence", "{}"), 200, "").await;
}

#[tokio::test]
async fn aws_query() {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let metadata = "<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata>";
    let ok = format!(
        "{xml}<GreetResponse xmlns=\"http://rpc/\"><GreetResult><Greeting>hello a &amp; b</Greeting></GreetResult>{metadata}</GreetResponse>"
    );
    check(request("POST", "/", &[FORM], "Action=Greet&Version=2026-01-31&Name=a+%26+b"), 200, &ok).await;
    check(request("GET", "/?Action=Greet&Name=a%20%26%20b", &[], ""), 200, &ok).await;
    let silence = format!("{xml}<SilenceResponse xmlns=\"http://rpc/\">{metadata}</SilenceResponse>");
    check(request("POST", "/", &[FORM], "Action=Silence"), 200, &silence).await;
    let error = |kind: &str, code: &str, message: &str, more: &str, namespace: &str| {
        format!(
            "{xml}<ErrorResponse{namespace}><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message>{more}</Error><RequestId>ID</RequestId></ErrorResponse>"
        )
    };
    let ours = " xmlns=\"http://rpc/\"";
    let missing = error("Sender", "Missing", "There is nobody.", "<Type>User</Type>", ours);
    check(request("POST", "/", &[FORM], "Action=Greet&Name=nobody"), 404, &missing).await;
    let broken = error("Receiver", "Broken", "An internal error occurred.", "", ours);
    check(request("POST", "/", &[FORM], "Action=Greet&Name=broken"), 500, &broken).await;
    let unknown =
        error("Sender", "InvalidAction", "Could not find operation Nope for version 2026-01-31", "", ours);
    check(request("POST", "/", &[FORM], "Action=Nope"), 400, &unknown).await;
    let missing = error("Sender", "MissingAction", "The request must contain the parameter Action", "", "");
    check(request("POST", "/", &[FORM], "Name=x"), 400, &missing).await;
}

#[tokio::test]
async fn rpc_cbor() {
    let call = |operation: &str, body: &str| {
        let uri = format!("/service/Rpc_2026/operation/{operation}");
        request("POST", &uri, &[("smithy-protocol", "rpc-v2-cbor")], body)
    };
    let (status, head, body) = send(call("Greet", "\u{bf}"), &Origin::Loopback).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(head.headers()["x-amzn-query-error"], "SerializationException;Sender");
    let (status, head, body) = send(call("Greet", ""), &Origin::Loopback).await;
    assert_eq!(status, 400);
    assert!(body.contains("Value null at 'name'"), "{body}");
    assert_eq!(head.headers()["smithy-protocol"], "rpc-v2-cbor");
    let (status, _, body) = send(call("Nope", ""), &Origin::Loopback).await;
    assert_eq!(status, 404);
    assert!(body.contains("UnknownOperationException"), "{body}");
    let body = cbor("nobody");
    let request =
        Request::post("/service/Rpc_2026/operation/Greet").body(Full::new(body)).expect("a request");
    let (status, head, body) = send(request, &Origin::Loopback).await;
    assert_eq!(
        (status.as_u16(), head.headers()["x-amzn-query-error"].as_bytes()),
        (404, &b"Missing;Sender"[..])
    );
    assert!(body.contains("There is nobody."), "{body}");
}

/// `{"Name": name}`.
fn cbor(name: &str) -> Bytes {
    let length = u8::try_from(name.len()).expect("short");
    [b"\xa1\x64Name".as_slice(), &[0x60 | length], name.as_bytes()].concat().into()
}

#[tokio::test]
async fn callers() {
    async fn check(key: Option<&str>, origin: &Origin, expect: (u16, &str)) {
        let scope = key.map(|key| signed(key, "rest"));
        let headers: Vec<_> = scope.iter().map(|s| ("authorization", s.as_str())).collect();
        let (status, _, body) = send(request("POST", "/greet/whoami", &headers, ""), origin).await;
        assert_eq!((status.as_u16(), body.as_str()), expect, "{key:?}");
    }
    let loopback = Origin::Loopback;
    check(None, &loopback, (200, r#"{"Greeting":"123456789012/us-east-1"}"#)).await;
    check(Some("test"), &loopback, (200, r#"{"Greeting":"123456789012/eu-west-1"}"#)).await;
    check(Some("000000000007"), &loopback, (200, r#"{"Greeting":"000000000007/eu-west-1"}"#)).await;

    let account: AccountId = "000000000009".parse().expect("an account");
    let mut caller = Caller::root(account, Region::default(), RequestId::new(&SeededRandom::new(2)));
    caller.access_key = Some("ASIA".into());
    let instance = Origin::Instance { caller: Box::new(caller), tls: false };
    check(Some("ASIA"), &instance, (200, r#"{"Greeting":"000000000009/eu-west-1"}"#)).await;
    check(None, &instance, (200, r#"{"Greeting":"000000000009/us-east-1"}"#)).await;
    let refused = r#"{"message":"The security token included in the request is invalid."}"#;
    check(Some("000000000007"), &instance, (403, refused)).await;
}

#[tokio::test]
async fn endpoints_and_headers() {
    let host = ("host", "box.example:4566");
    let (_, head, body) = send(request("POST", "/greet/where", &[host], ""), &Origin::Loopback).await;
    assert_eq!(body, r#"{"Greeting":"http://box.example:4566"}"#);
    assert_eq!(head.headers()["x-tinderbox-start"], "warm");
    assert!(!head.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn pages_of_other_sites() {
    let post = |headers: &[(&str, &str)]| request("POST", "/greet/a", headers, "");
    let host = ("host", "localhost:4566");
    let (status, ..) = send(post(&[host, ("origin", "https://evil.example")]), &Origin::Loopback).await;
    assert_eq!(status, 403);
    let (status, ..) = send(post(&[("host", "evil.example")]), &Origin::Loopback).await;
    assert_eq!(status, 403);
    let own = ("origin", "http://localhost:3000");
    let (status, head, _) = send(post(&[host, own]), &Origin::Loopback).await;
    assert_eq!(
        (status.as_u16(), &head.headers()["access-control-allow-origin"]),
        (200, &"http://localhost:3000".parse().expect("a header"))
    );
    let ask = ("access-control-request-method", "POST");
    let (status, head, _) =
        send(request("OPTIONS", "/greet/a", &[host, own, ask], ""), &Origin::Loopback).await;
    assert_eq!(status, 204);
    assert!(head.headers().contains_key("access-control-allow-methods"));
}

#[tokio::test]
async fn packed_bodies() {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(br#"{"Name":"you"}"#).expect("memory");
    let body = Full::new(Bytes::from(packer.finish().expect("memory")));
    let request =
        Request::post("/").header("x-amz-target", "Rpc_2026.Greet").header("content-encoding", "gzip");
    let (_, _, body) = send(request.body(body).expect("a request"), &Origin::Loopback).await;
    assert_eq!(body, r#"{"Greeting":"hello you"}"#);
}

proptest::proptest! {
    #[test]
    fn any_request_is_answered(
        method in "GET|POST|PUT|DELETE|OPTIONS",
        path in "/[ -~]{0,30}",
        target in "[ -~]{0,20}",
        content in "application/(x-www-form-urlencoded|json|cbor|x-amz-json-1\\.[01])",
        credential in "[ -~]{0,40}",
        body in proptest::collection::vec(proptest::num::u8::ANY, 0..60),
    ) {
        let Ok(uri) = path.parse::<http::Uri>() else { return Ok(()) };
        let builder = Request::builder()
            .method(method.as_str())
            .uri(uri)
            .header("x-amz-target", target)
            .header("content-type", content)
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}"));
        let Ok(request) = builder.body(Full::new(Bytes::from(body))) else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (status, ..) = runtime.block_on(send(request, &Origin::Loopback));
        proptest::prop_assert!(status.is_client_error() || status.is_server_error() || status.is_success());
    }
}
