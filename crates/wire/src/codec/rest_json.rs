//! restJson1: paths, headers, and a JSON body or a raw payload.

use super::{Fault, Malformed, Reply, Request, Scope, json, message_key, rest};
use crate::{
    Value,
    schema::{Kind, Location, OperationSchema, ServiceSchema},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};

pub(crate) fn decode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    request: &Request<'_>,
) -> Result<Value, Malformed> {
    let Some(input) = operation.input else { return Ok(Value::Struct(Vec::new())) };
    let members = service.members(Some(input));
    let mut values = vec![Value::Null; members.len()];
    if let Some((index, member)) = rest::payload(members) {
        if let (Some(slot), false) = (values.get_mut(index), request.body.is_empty()) {
            *slot = payload(service, member.shape, &request.body)?;
        }
    } else if !request.body.trim_ascii().is_empty() && members.iter().any(|m| m.location == Location::Body) {
        match json::decode(service, input, Scope::BodyOnly, &request.body)? {
            Value::Struct(body) => values = body,
            _ => return Err(Malformed::new("The body must be a JSON object")),
        }
    }
    rest::bind(service, members, request, &mut values)?;
    Ok(Value::Struct(values))
}

/// The whole body as one member: bytes as they came, or JSON.
fn payload(service: &ServiceSchema, shape: u16, body: &Bytes) -> Result<Value, Malformed> {
    match service.shape(shape).kind {
        Kind::Blob | Kind::String(_) => rest::raw(service.shape(shape), body),
        _ => json::decode(service, shape, Scope::Everything, body),
    }
}

pub(crate) fn encode(service: &ServiceSchema, operation: &OperationSchema, output: Value) -> Reply {
    let mut headers = HeaderMap::new();
    let members = service.members(operation.output);
    let status = rest::emit(service, members, &output, &mut headers).unwrap_or(operation.status);
    let mut content_type = "application/json";
    let body = match (rest::payload(members), operation.output) {
        (Some((index, member)), _) => {
            let value = match output {
                Value::Struct(mut values) if index < values.len() => values.swap_remove(index),
                _ => Value::Null,
            };
            match value {
                Value::Null => Bytes::new(),
                Value::Blob(bytes) => {
                    content_type = "application/octet-stream";
                    bytes
                }
                Value::String(text) => {
                    content_type = "text/plain";
                    text.into()
                }
                value => {
                    let mut body = Vec::new();
                    json::write_member(service, member, &value, &mut body);
                    body.into()
                }
            }
        }
        (None, Some(id)) if status != 204 => {
            let mut body = Vec::new();
            json::write_structure(service, id, Scope::BodyOnly, &output, &mut body);
            body.into()
        }
        (None, _) => Bytes::new(),
    };
    if status != 204 {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Reply { status, headers, body }
}

pub(crate) fn encode_error(service: Option<&ServiceSchema>, fault: &Fault<'_>) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(code) = HeaderValue::try_from(fault.code) {
        headers.insert(HeaderName::from_static("x-amzn-errortype"), code);
    }
    let mut body = Vec::new();
    match service.zip(fault.members) {
        Some((service, (shape, value))) => {
            rest::emit(service, service.shape(shape).members(), value, &mut headers);
            json::write_structure(service, shape, Scope::BodyOnly, value, &mut body);
        }
        None => {
            body.push(b'{');
            json::write_string(message_key(fault), &mut body);
            body.push(b':');
            json::write_string(fault.message, &mut body);
            body.push(b'}');
        }
    }
    Reply { status: fault.status, headers, body: body.into() }
}
