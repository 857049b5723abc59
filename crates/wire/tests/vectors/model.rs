//! The vectors' files, and schemas made at run time from their models. Their parts are leaked: the process is short.

use bytes::Bytes;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use tinderbox_wire::schema::{
    ErrorSchema, Kind, Location, Member, OperationSchema, Protocol, ServiceSchema, Shape, TimestampFormat,
};

/// A model and the vectors that use it.
#[derive(Debug, Deserialize)]
pub(crate) struct Suite {
    metadata: Metadata,
    shapes: BTreeMap<String, ShapeModel>,
    pub(crate) cases: Vec<Case>,
}

/// One vector: `params` and what they serialize to, or a response and the `result` or error that it tells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) given: Operation,
    #[serde(default)]
    pub(crate) params: Json,
    pub(crate) serialized: Option<Serialized>,
    #[serde(default)]
    pub(crate) result: Json,
    pub(crate) response: Option<Response>,
    /// The members of the error, where the response is one, and its code.
    pub(crate) error: Option<Json>,
    pub(crate) error_code: Option<String>,
}

/// A request. Bodies are text, in rpcv2Cbor base64.
#[derive(Debug, Deserialize)]
pub(crate) struct Serialized {
    pub(crate) method: String,
    pub(crate) uri: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Response {
    pub(crate) status_code: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// None: the vector says nothing of it.
    pub(crate) body: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    protocol: String,
    json_version: Option<String>,
    target_prefix: Option<String>,
    xml_namespace: Option<Json>,
    #[serde(default)]
    api_version: String,
    aws_query_compatible: Option<Json>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    name: String,
    http: Http,
    input: Option<Reference>,
    output: Option<Reference>,
    #[serde(default)]
    errors: Vec<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    request_uri: String,
    response_code: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ShapeModel {
    #[serde(rename = "type")]
    kind: String,
    members: BTreeMap<String, Reference>,
    member: Option<Reference>,
    key: Option<Reference>,
    value: Option<Reference>,
    payload: Option<String>,
    union: bool,
    document: bool,
    fault: bool,
    timestamp_format: Option<String>,
    error: Option<ErrorModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ErrorModel {
    code: Option<String>,
    http_status_code: Option<u16>,
    sender_fault: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reference {
    shape: String,
    location: Option<String>,
    location_name: Option<String>,
    xml_attribute: bool,
    flattened: bool,
    timestamp_format: Option<String>,
}

#[derive(Clone, Copy)]
pub(crate) struct Loaded {
    pub(crate) schema: &'static ServiceSchema,
    pub(crate) input: Option<u16>,
    pub(crate) output: Option<u16>,
}

fn text(text: &str) -> &'static str {
    String::from(text).leak()
}

fn format(name: Option<&String>) -> Option<TimestampFormat> {
    match name?.as_str() {
        "unixTimestamp" => Some(TimestampFormat::EpochSeconds),
        "iso8601" => Some(TimestampFormat::DateTime),
        _ => Some(TimestampFormat::HttpDate),
    }
}

/// The schema of a suite with one operation.
pub(crate) fn load(suite: &Suite, given: &Operation) -> Loaded {
    let ids: BTreeMap<&str, u16> =
        suite.shapes.keys().zip(0..).map(|(name, id)| (name.as_str(), id)).collect();
    let id = |r: &Option<Reference>| r.as_ref().and_then(|r| ids.get(r.shape.as_str()).copied());
    let shapes: Vec<Shape> = suite.shapes.iter().map(|(name, model)| shape(name, model, &ids)).collect();
    let errors = given
        .errors
        .iter()
        .filter_map(|r| Some((ids.get(r.shape.as_str())?, r, suite.shapes.get(&r.shape)?)));
    let errors = errors.map(|(id, reference, model)| {
        let none = ErrorModel::default();
        let error = model.error.as_ref().unwrap_or(&none);
        let status = error.http_status_code.unwrap_or(if model.fault { 500 } else { 400 });
        ErrorSchema {
            shape: *id,
            code: text(error.code.as_ref().unwrap_or(&reference.shape)),
            status,
            sender: error.sender_fault.unwrap_or(status < 500),
        }
    });
    let (input, output) = (id(&given.input), id(&given.output));
    let operation =
        OperationSchema::named(text(&given.name), text(&given.http.method), text(&given.http.request_uri))
            .typed(input, output)
            .status(given.http.response_code.unwrap_or(200));
    let metadata = &suite.metadata;
    let namespace =
        metadata.xml_namespace.as_ref().and_then(|n| n.as_str().or_else(|| n.get("uri")?.as_str()));
    let schema = ServiceSchema {
        name: "vectors",
        api_version: text(&metadata.api_version),
        signing_name: "vectors",
        target_prefix: metadata.target_prefix.as_deref().map(text),
        xml_namespace: namespace.map(text),
        query_compatible: metadata.aws_query_compatible.is_some(),
        protocols: vec![protocol(metadata)].leak(),
        operations: vec![operation].leak(),
        shapes: shapes.leak(),
        errors: errors.collect::<Vec<_>>().leak(),
        ..ServiceSchema::EMPTY
    };
    Loaded { schema: Box::leak(Box::new(schema)), input, output }
}

fn protocol(metadata: &Metadata) -> Protocol {
    match (metadata.protocol.as_str(), metadata.json_version.as_deref()) {
        ("rest-json", _) => Protocol::RestJson1,
        ("rest-xml", _) => Protocol::RestXml,
        ("query", _) => Protocol::AwsQuery,
        ("smithy-rpc-v2-cbor", _) => Protocol::RpcV2Cbor,
        (_, Some("1.0")) => Protocol::AwsJson1_0,
        _ => Protocol::AwsJson1_1,
    }
}

fn shape(name: &str, model: &ShapeModel, ids: &BTreeMap<&str, u16>) -> Shape {
    let id = |r: &Option<Reference>| {
        r.as_ref().and_then(|r| ids.get(r.shape.as_str()).copied()).unwrap_or_default()
    };
    let named = |r: &Option<Reference>| r.as_ref().and_then(|r| r.location_name.as_deref()).map(text);
    let members = || -> &'static [Member] {
        model.members.iter().map(|(n, r)| member(n, r, model, ids)).collect::<Vec<_>>().leak()
    };
    let kind = match model.kind.as_str() {
        "structure" if model.document => Kind::Document,
        "structure" if model.union => Kind::Union(members()),
        "structure" => Kind::Structure(members()),
        "list" => Kind::List { member: id(&model.member), name: named(&model.member) },
        "map" => Kind::Map {
            key: id(&model.key),
            value: id(&model.value),
            key_name: named(&model.key).unwrap_or("key"),
            value_name: named(&model.value).unwrap_or("value"),
        },
        "blob" => Kind::Blob,
        "boolean" => Kind::Boolean,
        "integer" | "short" | "byte" => Kind::Integer,
        "long" => Kind::Long,
        "float" | "double" => Kind::Double,
        "timestamp" => Kind::Timestamp(format(model.timestamp_format.as_ref())),
        _ => Kind::String(&[]),
    };
    Shape::new(text(name), kind)
}

fn member(name: &str, reference: &Reference, model: &ShapeModel, ids: &BTreeMap<&str, u16>) -> Member {
    let location = match reference.location.as_deref() {
        _ if model.payload.as_deref() == Some(name) => Location::Payload,
        Some("uri") => Location::Label,
        Some("querystring") => Location::Query,
        Some("header") => Location::Header,
        Some("headers") => Location::PrefixHeaders,
        Some("statusCode") => Location::StatusCode,
        _ => Location::Body,
    };
    Member {
        wire: text(reference.location_name.as_deref().unwrap_or(name)),
        location,
        xml_attribute: reference.xml_attribute,
        flattened: reference.flattened,
        timestamp: format(reference.timestamp_format.as_ref()),
        ..Member::new(text(name), ids.get(reference.shape.as_str()).copied().unwrap_or_default())
    }
}

impl Loaded {
    /// A request that reaches the operation, whatever its input.
    pub(crate) fn any_request(&self) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let schema = self.schema;
        let operation = schema.operations.first().copied().unwrap_or(OperationSchema::named("", "POST", "/"));
        let target = schema.target_prefix.unwrap_or_default();
        let builder = http::Request::builder();
        let (builder, body) = match schema.protocols.first() {
            Some(Protocol::AwsJson1_0 | Protocol::AwsJson1_1) => (
                builder
                    .method("POST")
                    .uri("/")
                    .header("x-amz-target", format!("{target}.{}", operation.name)),
                String::new(),
            ),
            Some(Protocol::AwsQuery) => {
                let form = builder
                    .method("POST")
                    .uri("/")
                    .header("content-type", "application/x-www-form-urlencoded");
                (form, format!("Action={}", operation.name))
            }
            Some(Protocol::RpcV2Cbor) => (
                builder.method("POST").uri(format!("/service/{target}/operation/{}", operation.name)),
                String::new(),
            ),
            _ => {
                let uri: String = operation.uri.replace('{', "").replace(['}', '+'], "");
                (builder.method(operation.method).uri(uri), String::new())
            }
        };
        builder.body(Full::new(body.into()))
    }
}
