//! Values to JSON.

use crate::{
    Value,
    codec::{Scope, scalar, timestamp},
    schema::{Kind, Member, ServiceSchema, Shape, ShapeId, TimestampFormat},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Appends a structure as an object. Absent members are left out.
pub(crate) fn write_structure(
    service: &ServiceSchema,
    id: ShapeId,
    scope: Scope,
    value: &Value,
    out: &mut Vec<u8>,
) {
    structure(service, service.shape(id), scope, value, out);
}

/// Appends a string with its quotes.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing into memory cannot fail, and every string is JSON.
    let _ = serde_json::to_writer(out, text);
}

/// Appends the value of one member.
pub(crate) fn write_member(service: &ServiceSchema, member: &Member, value: &Value, out: &mut Vec<u8>) {
    write(service, service.shape(member.shape), member.timestamp, value, out);
}

fn structure(service: &ServiceSchema, shape: &Shape, scope: Scope, value: &Value, out: &mut Vec<u8>) {
    let mut separator = b'{';
    for (index, member) in shape.members().iter().enumerate() {
        let value = value.member(index);
        let elsewhere = scope == Scope::BodyOnly && !member.in_response_body();
        if elsewhere || value.is_null() {
            continue;
        }
        out.push(separator);
        separator = b',';
        write_string(member.wire, out);
        out.push(b':');
        write_member(service, member, value, out);
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}

fn write(
    service: &ServiceSchema,
    shape: &Shape,
    format: Option<TimestampFormat>,
    value: &Value,
    out: &mut Vec<u8>,
) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float(number) if number.is_finite() => {
            out.extend_from_slice(scalar::format_float(*number).as_bytes());
        }
        Value::Float(number) => write_string(&scalar::format_float(*number), out),
        Value::String(text) => write_string(text, out),
        Value::Blob(bytes) => {
            out.push(b'"');
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
        Value::Timestamp(moment) => {
            let own = if let Kind::Timestamp(own) = shape.kind { own } else { None };
            let format = format.or(own).unwrap_or(TimestampFormat::EpochSeconds);
            let text = timestamp::format(*moment, format);
            match format {
                TimestampFormat::EpochSeconds => out.extend_from_slice(text.as_bytes()),
                _ => write_string(&text, out),
            }
        }
        Value::List(items) => {
            let element = if let Kind::List { member, .. } = shape.kind { member } else { 0 };
            list(items, out, |item, out| write(service, service.shape(element), None, item, out));
        }
        Value::Map(entries) => {
            let element = if let Kind::Map { value, .. } = shape.kind { value } else { 0 };
            out.push(b'{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write(service, service.shape(element), None, item, out);
            }
            out.push(b'}');
        }
        Value::Struct(_) => structure(service, shape, Scope::Everything, value, out),
        Value::Document(json) => {
            let _ = serde_json::to_writer(out, json);
        }
    }
}

fn list(items: &[Value], out: &mut Vec<u8>, mut each: impl FnMut(&Value, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}
