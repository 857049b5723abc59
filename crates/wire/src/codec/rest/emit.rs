//! Members into a response's status and headers.

use crate::{
    Value,
    codec::scalar,
    schema::{Location, Member, ServiceSchema, TimestampFormat},
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Sets the headers of `value`'s members and tells the status that one of them gives.
pub(crate) fn emit(
    service: &ServiceSchema,
    members: &[Member],
    value: &Value,
    headers: &mut HeaderMap,
) -> Option<u16> {
    let mut status = None;
    for (index, member) in members.iter().enumerate() {
        let value = value.member(index);
        match (member.location, value) {
            (_, Value::Null) => {}
            (Location::StatusCode, Value::Int(code)) => status = u16::try_from(*code).ok(),
            (Location::Header, _) => {
                if let Some(text) = header_text(service, member, value) {
                    put(headers, member.wire, &text);
                }
            }
            (Location::PrefixHeaders, Value::Map(entries)) => {
                for (name, value) in entries {
                    put(headers, &format!("{}{name}", member.wire), value.as_str().unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    status
}

fn header_text(service: &ServiceSchema, member: &Member, value: &Value) -> Option<String> {
    let own = match service.shape(member.shape).kind {
        crate::schema::Kind::Timestamp(own) => own,
        _ => None,
    };
    let format = member.timestamp.or(own).unwrap_or(TimestampFormat::HttpDate);
    match value {
        Value::List(items) => {
            let parts: Vec<_> =
                items.iter().filter_map(|item| scalar::format(item, format)).map(quote).collect();
            Some(parts.join(", "))
        }
        _ => scalar::format(value, format),
    }
}

/// Quotes an element of a list where it would be taken apart.
fn quote(text: String) -> String {
    if text.contains(['"', ',']) && !text.ends_with(" GMT") {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text
    }
}

/// A value that no header can hold is left out rather than breaking the response.
fn put(headers: &mut HeaderMap, name: &str, text: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) {
        headers.insert(name, value);
    }
}
