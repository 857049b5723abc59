//! Scalars as text: labels, query strings, headers, forms and XML.

use super::{Malformed, timestamp};
use crate::{
    Value,
    schema::{Kind, Shape, TimestampFormat},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Reads `text` as the scalar `shape`.
pub(crate) fn parse(shape: &Shape, text: &str, format: TimestampFormat) -> Result<Value, Malformed> {
    let wrong = || Malformed::wrong("STRING_VALUE", shape);
    Ok(match shape.kind {
        Kind::String(_) => Value::String(text.to_owned()),
        Kind::Boolean => match text {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        Kind::Integer => Value::Int(text.trim().parse::<i32>().map_err(|_| wrong())?.into()),
        Kind::Long => Value::Int(text.trim().parse().map_err(|_| wrong())?),
        Kind::Double => Value::Float(parse_float(text.trim()).ok_or_else(&wrong)?),
        Kind::Timestamp(own) => {
            let format = own.unwrap_or(format);
            Value::Timestamp(timestamp::parse(text, format).ok_or_else(&wrong)?)
        }
        Kind::Blob => Value::Blob(STANDARD.decode(text.trim()).map_err(|_| wrong())?.into()),
        Kind::Document => Value::Document(serde_json::from_str(text).map_err(|_| wrong())?),
        Kind::List { .. } | Kind::Map { .. } | Kind::Structure(_) | Kind::Union(_) => return Err(wrong()),
    })
}

/// Writes a scalar; nothing for what is none.
pub(crate) fn format(value: &Value, format: TimestampFormat) -> Option<String> {
    Some(match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format_float(*number),
        Value::Timestamp(moment) => timestamp::format(*moment, format),
        Value::Blob(bytes) => STANDARD.encode(bytes),
        Value::Document(json) => json.to_string(),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Struct(_) => return None,
    })
}

/// The names that Smithy gives to what JSON and XML cannot write as numbers.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|f: &f64| f.is_finite()),
    }
}

pub(crate) fn format_float(number: f64) -> String {
    if number.is_nan() {
        "NaN".into()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        format!("{number:?}")
    }
}
