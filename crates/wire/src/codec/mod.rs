//! Protocols, each written once over any schema.

mod aws_json;
mod cbor;
mod form;
pub(crate) mod json;
mod limits;
mod malformed;
mod query;
mod rest;
mod rest_json;
mod rest_xml;
mod rpc_cbor;
mod scalar;
mod timestamp;
mod xml;

#[cfg(test)]
mod tests;

pub(crate) use limits::Budget;
pub use limits::{MAX_DEPTH, MAX_VALUES};
pub(crate) use malformed::Malformed;

use crate::{
    Value,
    schema::{OperationSchema, Protocol, ServiceSchema, ShapeId},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tinderbox_base::RequestId;

/// Which members of an outermost structure are in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them: the protocol knows no other place.
    Everything,
    /// Those that travel nowhere else.
    BodyOnly,
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

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }
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
    pub(crate) members: Option<(ShapeId, &'a Value)>,
}

impl Fault<'_> {
    /// Whether there is a message. An error of the model may come without; one that is in no model has only that.
    fn tells(&self) -> bool {
        self.members.is_none() || !self.message.is_empty()
    }
}

/// Reads an operation's input.
pub(crate) fn decode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    protocol: Protocol,
    request: &Request<'_>,
) -> Result<Value, Malformed> {
    match protocol {
        Protocol::RestJson1 => rest_json::decode(service, operation, request),
        Protocol::RestXml => rest_xml::decode(service, operation, request),
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => aws_json::decode(service, operation, request),
        Protocol::AwsQuery => query::decode(service, operation, request),
        Protocol::RpcV2Cbor => rpc_cbor::decode(service, operation, request),
    }
}

/// Writes an operation's output.
pub(crate) fn encode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    protocol: Protocol,
    output: Value,
    id: RequestId,
) -> Reply {
    match protocol {
        Protocol::RestJson1 => rest_json::encode(service, operation, output),
        Protocol::RestXml => rest_xml::encode(service, operation, &output),
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => {
            aws_json::encode(service, operation, protocol, &output)
        }
        Protocol::AwsQuery => query::encode(service, operation, &output, id),
        Protocol::RpcV2Cbor => rpc_cbor::encode(service, operation, &output),
    }
}

/// Writes an error.
pub(crate) fn encode_error(
    service: Option<&ServiceSchema>,
    protocol: Protocol,
    fault: &Fault<'_>,
    id: RequestId,
) -> Reply {
    match protocol {
        Protocol::RestJson1 => rest_json::encode_error(service, fault),
        Protocol::RestXml => rest_xml::encode_error(service, fault, id),
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 => aws_json::encode_error(service, protocol, fault),
        Protocol::AwsQuery => query::encode_error(service, fault, id),
        Protocol::RpcV2Cbor => rpc_cbor::encode_error(service, fault),
    }
}

/// The code of requests that could not be read.
pub(crate) const SERIALIZATION: &str = "SerializationException";

/// The key of an unmodeled error's message: AWS capitalises it when a request could not be read.
fn message_key(fault: &Fault<'_>) -> &'static str {
    if fault.code == SERIALIZATION { "Message" } else { "message" }
}

/// Services that used to speak awsQuery alone still tell its error code.
fn query_error(service: Option<&ServiceSchema>, fault: &Fault<'_>, headers: &mut HeaderMap) {
    if service.is_some_and(|s| s.query_compatible) {
        let side = if fault.sender { "Sender" } else { "Receiver" };
        if let Ok(value) = HeaderValue::try_from(format!("{};{side}", fault.query_code)) {
            headers.insert(HeaderName::from_static("x-amzn-query-error"), value);
        }
    }
}
