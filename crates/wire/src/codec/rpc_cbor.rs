//! rpcv2Cbor: everything is in a CBOR body.

use super::{Fault, Malformed, Reply, Request, cbor, query_error};
use crate::{
    Value,
    schema::{OperationSchema, ServiceSchema},
};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};

pub(crate) fn decode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    request: &Request<'_>,
) -> Result<Value, Malformed> {
    let Some(input) = operation.input else { return Ok(Value::Struct(Vec::new())) };
    if request.body.is_empty() {
        return Ok(Value::Struct(vec![Value::Null; service.members(Some(input)).len()]));
    }
    match cbor::decode(service, input, &request.body)? {
        Value::Null => Err(Malformed::new("The body must be a map")),
        value => Ok(value),
    }
}

pub(crate) fn encode(service: &ServiceSchema, operation: &OperationSchema, output: &Value) -> Reply {
    let mut body = Vec::new();
    if let Some(id) = operation.output {
        cbor::structure(service, id, output, &mut body);
    }
    reply(200, body)
}

pub(crate) fn encode_error(service: Option<&ServiceSchema>, fault: &Fault<'_>) -> Reply {
    let mut body = Vec::new();
    cbor::write_error(service, fault, &mut body);
    let mut reply = reply(fault.status, body);
    query_error(service, fault, &mut reply.headers);
    reply
}

fn reply(status: u16, body: Vec<u8>) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("smithy-protocol"), HeaderValue::from_static("rpc-v2-cbor"));
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
    }
    Reply { status, headers, body: body.into() }
}
