//! Between the vectors' JSON and values.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value as Json, json};
use tinderbox_base::Timestamp;
use tinderbox_wire::{
    Value,
    schema::{Kind, ServiceSchema},
};

/// Numbers as floats, nothing for null members: what both sides can be compared in.
pub(crate) fn plain(json: &Json) -> Json {
    match json {
        Json::Object(entries) => {
            entries.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), plain(v))).collect()
        }
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

pub(crate) fn unbase64(text: &str) -> Bytes {
    STANDARD.decode(text).unwrap_or_default().into()
}

/// Timestamps are epoch seconds, blobs plain text, what no number can tell a name.
pub(crate) fn read(service: &ServiceSchema, id: u16, json: &Json) -> Value {
    match (service.shape(id).kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Structure(members) | Kind::Union(members), Json::Object(given)) => {
            let values =
                members.iter().map(|m| given.get(m.name).map_or(Value::Null, |j| read(service, m.shape, j)));
            Value::Struct(values.collect())
        }
        (Kind::List { member, .. }, Json::Array(items)) => {
            Value::List(items.iter().map(|item| read(service, member, item)).collect())
        }
        (Kind::Map { value, .. }, Json::Object(entries)) => {
            Value::Map(entries.iter().map(|(k, v)| (k.clone(), read(service, value, v))).collect())
        }
        (Kind::Document, json) => Value::Document(json.clone()),
        (Kind::Blob, Json::String(text)) => Value::Blob(text.clone().into()),
        (Kind::Timestamp(_), Json::Number(n)) => {
            Value::Timestamp(Timestamp::from_millis((n.as_f64().unwrap_or_default() * 1000.0).round() as i64))
        }
        (Kind::Double, Json::Number(n)) => Value::Float(n.as_f64().unwrap_or_default()),
        (Kind::Double, Json::String(name)) => Value::Float(match name.as_str() {
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => f64::NAN,
        }),
        (_, Json::Number(n)) => Value::Int(n.as_i64().unwrap_or_default()),
        (_, Json::Bool(flag)) => Value::Bool(*flag),
        (_, json) => Value::String(json.as_str().map_or_else(|| json.to_string(), str::to_owned)),
    }
}

/// The reverse. Absent members are left out.
pub(crate) fn write(service: &ServiceSchema, id: u16, value: &Value) -> Json {
    match (service.shape(id).kind, value) {
        (_, Value::Null) => Json::Null,
        (Kind::Structure(members) | Kind::Union(members), Value::Struct(values)) => {
            let present = members.iter().zip(values).filter(|(_, v)| !v.is_null());
            Json::Object(
                present.map(|(m, v)| (m.name.to_owned(), write(service, m.shape, v))).collect::<Map<_, _>>(),
            )
        }
        (Kind::List { member, .. }, Value::List(items)) => {
            items.iter().map(|i| write(service, member, i)).collect()
        }
        (Kind::Map { value: id, .. }, Value::Map(entries)) => {
            Json::Object(entries.iter().map(|(k, v)| (k.clone(), write(service, id, v))).collect())
        }
        (_, Value::Document(json)) => json.clone(),
        (_, Value::Blob(bytes)) => json!(String::from_utf8_lossy(bytes)),
        (_, Value::Timestamp(moment)) => json!(moment.as_millis() as f64 / 1000.0),
        (_, Value::Float(number)) if number.is_nan() => json!("NaN"),
        (_, Value::Float(number)) if number.is_infinite() => {
            json!(if *number > 0.0 { "Infinity" } else { "-Infinity" })
        }
        (_, Value::Float(number)) => json!(number),
        (_, Value::Int(number)) => json!(number),
        (_, Value::Bool(flag)) => json!(flag),
        (_, value) => json!(value.as_str().unwrap_or("a value of another kind than its shape")),
    }
}
