//! awsQuery: a form in, XML out.

use super::{Fault, Malformed, Reply, Request, form::Form, xml};
use crate::{
    Value,
    schema::{OperationSchema, ServiceSchema},
};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use tinderbox_base::RequestId;

pub(crate) fn decode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    request: &Request<'_>,
) -> Result<Value, Malformed> {
    match operation.input {
        Some(input) => Form::new(&request.query).structure(service, input),
        None => Ok(Value::Struct(Vec::new())),
    }
}

pub(crate) fn encode(
    service: &ServiceSchema,
    operation: &OperationSchema,
    output: &Value,
    id: RequestId,
) -> Reply {
    let mut xml = xml::Writer::new();
    let response = format!("{}Response", operation.name);
    xml.open_in(&response, service.xml_namespace);
    if let Some(shape) = operation.output {
        let result = format!("{}Result", operation.name);
        let wrapper = operation.result_wrapper.unwrap_or(&result);
        xml.structure(service, wrapper, shape, output);
    }
    xml.open("ResponseMetadata");
    xml.text("RequestId", &id.to_string());
    xml.close("ResponseMetadata");
    xml.close(&response);
    reply(200, xml)
}

pub(crate) fn encode_error(service: Option<&ServiceSchema>, fault: &Fault<'_>, id: RequestId) -> Reply {
    let mut xml = xml::Writer::new();
    xml.open_in("ErrorResponse", service.and_then(|s| s.xml_namespace));
    xml.open("Error");
    xml.text("Type", if fault.sender { "Sender" } else { "Receiver" });
    xml.text("Code", fault.query_code);
    if fault.tells() {
        xml.text("Message", fault.message);
    }
    if let Some((service, (shape, value))) = service.zip(fault.members) {
        for (index, member) in service.shape(shape).members().iter().enumerate() {
            if !member.name.eq_ignore_ascii_case("message") {
                xml.member(service, member, value.member(index));
            }
        }
    }
    xml.close("Error");
    xml.text("RequestId", &id.to_string());
    xml.close("ErrorResponse");
    reply(fault.status, xml)
}

fn reply(status: u16, xml: xml::Writer) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    Reply { status, headers, body: xml.finish().into() }
}
