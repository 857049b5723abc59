//! awsJson 1.0 and 1.1: everything is in a JSON body.

use super::{Fault, Malformed, Reply, Request, Scope, json, message_key, query_error};
use crate::{
    Value,
    schema::{OperationSchema, Protocol, ServiceSchema},
};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

pub(crate) fn decode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    request: &Request<'_>,
) -> Result<Value, Malformed> {
    let Some(input) = operation.input else { return Ok(Value::Struct(Vec::new())) };
    if request.body.trim_ascii().is_empty() {
        return Ok(Value::Struct(vec![Value::Null; service.members(Some(input)).len()]));
    }
    match json::decode(service, input, Scope::Everything, &request.body)? {
        Value::Null => Err(Malformed::new("The body must be a JSON object")),
        value => Ok(value),
    }
}

pub(crate) fn encode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    protocol: Protocol,
    output: &Value,
) -> Reply {
    let mut body = Vec::new();
    // An operation without output answers with no bytes at all (CloudWatch Logs' CreateLogGroup).
    if let Some(id) = operation.output {
        json::write_structure(service, id, Scope::Everything, output, &mut body);
    }
    reply(200, protocol, body)
}

pub(crate) fn encode_error(service: Option<&ServiceSchema>, protocol: Protocol, fault: &Fault<'_>) -> Reply {
    let mut body = b"{\"__type\":".to_vec();
    json::write_string(fault.code, &mut body);
    let mut told = false;
    if let Some((service, (shape, value))) = service.zip(fault.members) {
        for (index, member) in service.shape(shape).members().iter().enumerate() {
            let value = value.member(index);
            if value.is_null() {
                continue;
            }
            told |= member.name.eq_ignore_ascii_case("message");
            body.push(b',');
            json::write_string(member.wire, &mut body);
            body.push(b':');
            json::write_member(service, member, value, &mut body);
        }
    }
    if !told && fault.tells() {
        body.push(b',');
        json::write_string(message_key(fault), &mut body);
        body.push(b':');
        json::write_string(fault.message, &mut body);
    }
    body.push(b'}');
    let mut reply = reply(fault.status, protocol, body);
    query_error(service, fault, &mut reply.headers);
    reply
}

fn reply(status: u16, protocol: Protocol, body: Vec<u8>) -> Reply {
    let mut headers = HeaderMap::new();
    let content_type = match protocol {
        Protocol::AwsJson1_0 => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Reply { status, headers, body: body.into() }
}
