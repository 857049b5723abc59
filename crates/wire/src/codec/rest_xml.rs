//! restXml: paths, headers, and an XML body or a raw payload.

use super::{Fault, Malformed, Reply, Request, Scope, query, rest, xml};
use crate::{
    Value,
    schema::{Kind, Location, Member, OperationSchema, ServiceSchema},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use tinderbox_base::RequestId;

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
            *slot = match service.shape(member.shape).kind {
                Kind::Structure(_) | Kind::Union(_) => {
                    xml::decode(service, member.shape, Scope::Everything, &request.body)?
                }
                _ => rest::raw(service.shape(member.shape), &request.body)?,
            };
        }
    } else if !request.body.trim_ascii().is_empty()
        && members.iter().any(|m| m.location == Location::Body)
        && let Value::Struct(body) = xml::decode(service, input, Scope::BodyOnly, &request.body)?
    {
        values = body;
    }
    rest::bind(service, members, request, &mut values)?;
    Ok(Value::Struct(values))
}

pub(crate) fn encode(service: &ServiceSchema, operation: &OperationSchema, output: &Value) -> Reply {
    let mut headers = HeaderMap::new();
    let members = service.members(operation.output);
    let status = rest::emit(service, members, output, &mut headers).unwrap_or(operation.status);
    let mut content_type = "application/xml";
    let body = match (rest::payload(members), operation.output) {
        (Some((index, member)), _) => match output.member(index) {
            Value::Null => Bytes::new(),
            Value::Blob(bytes) => {
                content_type = "application/octet-stream";
                bytes.clone()
            }
            Value::String(text) => {
                content_type = "text/plain";
                text.clone().into()
            }
            value => {
                let mut xml = xml::Writer::new();
                // The document is called what the model says, else what its shape is called.
                let own = member.wire != member.name;
                let name = if own { member.wire } else { service.shape(member.shape).name };
                xml.root(service, name, member.shape, Scope::Everything, value);
                xml.finish().into()
            }
        },
        (None, Some(id)) if members.iter().any(Member::in_response_body) => {
            let mut xml = xml::Writer::new();
            xml.root(service, service.shape(id).name, id, Scope::BodyOnly, output);
            xml.finish().into()
        }
        (None, _) => Bytes::new(),
    };
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Reply { status, headers, body }
}

pub(crate) fn encode_error(service: Option<&ServiceSchema>, fault: &Fault<'_>, id: RequestId) -> Reply {
    let mut reply = query::encode_error(service, fault, id);
    if let Some((service, (shape, value))) = service.zip(fault.members) {
        rest::emit(service, service.shape(shape).members(), value, &mut reply.headers);
    }
    reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    reply
}
