//! Values to CBOR. Members go by the model's names.

use crate::{
    Value,
    codec::Fault,
    schema::{Kind, ServiceSchema, Shape, ShapeId},
};

/// Appends a structure as a map of its present members.
pub(crate) fn structure(service: &ServiceSchema, id: ShapeId, value: &Value, out: &mut Vec<u8>) {
    write(service, service.shape(id), value, out);
}

/// Appends an error: its type, its message, and whatever else the model gives it.
pub(crate) fn write_error(service: Option<&ServiceSchema>, fault: &Fault<'_>, out: &mut Vec<u8>) {
    // An indefinite map spares counting first.
    out.push(0xbf);
    text_entry("__type", fault.code, out);
    let mut told = false;
    if let Some((service, (shape, value))) = service.zip(fault.members) {
        for (index, member) in service.shape(shape).members().iter().enumerate() {
            let value = value.member(index);
            if !value.is_null() {
                told |= member.name.eq_ignore_ascii_case("message");
                text(member.name, out);
                write(service, service.shape(member.shape), value, out);
            }
        }
    }
    if !told && fault.tells() {
        text_entry("message", fault.message, out);
    }
    out.push(0xff);
}

fn text_entry(key: &str, value: &str, out: &mut Vec<u8>) {
    text(key, out);
    text(value, out);
}

fn write(service: &ServiceSchema, shape: &Shape, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(flag) => out.push(if *flag { 0xf5 } else { 0xf4 }),
        Value::Int(number) if *number < 0 => head(1, number.unsigned_abs() - 1, out),
        Value::Int(number) => head(0, number.unsigned_abs(), out),
        Value::Float(number) => float(*number, out),
        Value::String(string) => text(string, out),
        Value::Blob(bytes) => {
            head(2, bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        Value::Timestamp(moment) => {
            head(6, 1, out);
            float(moment.as_millis() as f64 / 1000.0, out);
        }
        Value::List(items) => {
            let element = if let Kind::List { member, .. } = shape.kind { member } else { 0 };
            head(4, items.len() as u64, out);
            for item in items {
                write(service, service.shape(element), item, out);
            }
        }
        Value::Map(entries) => {
            let element = if let Kind::Map { value, .. } = shape.kind { value } else { 0 };
            head(5, entries.len() as u64, out);
            for (key, item) in entries {
                text(key, out);
                write(service, service.shape(element), item, out);
            }
        }
        Value::Struct(values) => {
            let members = shape.members();
            head(5, values.iter().filter(|v| !v.is_null()).count() as u64, out);
            for (member, value) in members.iter().zip(values).filter(|(_, v)| !v.is_null()) {
                text(member.name, out);
                write(service, service.shape(member.shape), value, out);
            }
        }
        // rpcv2Cbor has no documents.
        Value::Document(json) => text(&json.to_string(), out),
    }
}

fn float(number: f64, out: &mut Vec<u8>) {
    out.push(0xfb);
    out.extend_from_slice(&number.to_be_bytes());
}

fn text(string: &str, out: &mut Vec<u8>) {
    head(3, string.len() as u64, out);
    out.extend_from_slice(string.as_bytes());
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | bytes[7]),
        24..=0xff => out.extend_from_slice(&[major | 24, bytes[7]]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&bytes);
        }
    }
}
