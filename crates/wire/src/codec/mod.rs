//! Protocols, each written once over any schema.

pub(crate) mod aws_json;
pub(crate) mod json;
mod limits;
pub(crate) mod rest;
pub(crate) mod rest_json;
mod scalar;
mod timestamp;

pub(crate) use limits::Budget;
pub use limits::{MAX_DEPTH, MAX_VALUES};

use bytes::Bytes;
use http::HeaderMap;

/// A request's body or head that is not what the protocol or the shapes demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A request whose operation is known, taken apart as far as every protocol needs.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The path's labels, decoded.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// The query string's parameters, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// A response before the router adds what all have in common.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An error as protocols render it.
#[derive(Debug)]
pub(crate) struct Fault<'a> {
    /// The code in JSON and CBOR protocols: the shape's name.
    pub(crate) code: &'a str,
    /// The code in awsQuery and restXml.
    pub(crate) query_code: &'a str,
    pub(crate) status: u16,
    /// Whether the caller is at fault.
    pub(crate) sender: bool,
    pub(crate) message: &'a str,
    /// The error's shape and members, if the model has it.
    pub(crate) members: Option<(crate::schema::ShapeId, &'a crate::Value)>,
}

use crate::{
    Value,
    schema::{OperationSchema, Protocol, ServiceSchema},
};
use tinderbox_base::RequestId;

/// Reads an operation's input.
pub(crate) fn decode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    protocol: Protocol,
    request: &Request<'_>,
) -> Result<Value, Malformed> {
    match protocol {
        Protocol::RestJson1 => rest_json::decode(service, operation, request),
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => aws_json::decode(service, operation, request),
        Protocol::AwsQuery | Protocol::RestXml | Protocol::RpcV2Cbor => Err(Malformed::new("unsupported")),
    }
}

/// Writes an operation's output.
pub(crate) fn encode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    protocol: Protocol,
    output: Value,
    _id: RequestId,
) -> Reply {
    match protocol {
        Protocol::RestJson1 | Protocol::RestXml => rest_json::encode(service, operation, output),
        _ => aws_json::encode(service, operation, protocol, &output),
    }
}

/// Writes an error.
pub(crate) fn encode_error(
    service: Option<&ServiceSchema>,
    protocol: Protocol,
    fault: &Fault<'_>,
    _id: RequestId,
) -> Reply {
    match (protocol, service) {
        (Protocol::RestJson1 | Protocol::RestXml, _) => rest_json::encode_error(service, fault),
        (_, _) => aws_json::encode_error(service, protocol, fault),
    }
}
