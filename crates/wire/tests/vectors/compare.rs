//! Whether a response says what a vector's response says, member by member, whatever its white space and order.

use crate::{model, values, xml::Element};
use bytes::Bytes;
use ciborium::Value as Cbor;
use serde_json::Value as Json;
use tinderbox_wire::schema::{Protocol, ServiceSchema};

/// Compares status, the headers that the vector names, and the body if it says one.
pub(crate) fn response(
    ours: &http::Response<Bytes>,
    expected: &model::Response,
    schema: &ServiceSchema,
) -> Result<(), String> {
    if ours.status() != expected.status_code {
        return Err(format!("status {} instead of {}", ours.status(), expected.status_code));
    }
    for (name, value) in &expected.headers {
        header(ours, name, value)?;
    }
    let Some(theirs) = &expected.body else { return Ok(()) };
    let same = match schema.protocols.first() {
        Some(Protocol::RpcV2Cbor) => cbor(ours.body(), &values::unbase64(theirs)),
        Some(Protocol::AwsQuery | Protocol::RestXml) => xml(ours.body(), theirs, schema),
        _ => json(ours.body(), theirs),
    };
    same.map_err(|(ours, theirs)| format!("wrote {ours}\n    instead of {theirs}"))
}

fn header(ours: &http::Response<Bytes>, name: &str, value: &str) -> Result<(), String> {
    let found = ours.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let good = match name.to_ascii_lowercase().as_str() {
        // The connection writes it.
        "content-length" => value == ours.body().len().to_string(),
        // The server makes it.
        "x-amzn-requestid" => found.is_some(),
        _ => found.as_deref() == Some(value),
    };
    if good { Ok(()) } else { Err(format!("header {name}: {found:?} instead of {value:?}")) }
}

type Same = Result<(), (String, String)>;

fn same<T: PartialEq + std::fmt::Debug>(ours: T, theirs: T) -> Same {
    if ours == theirs { Ok(()) } else { Err((format!("{ours:?}"), format!("{theirs:?}"))) }
}

fn text(ours: &[u8], theirs: &str) -> Same {
    same(String::from_utf8_lossy(ours).into_owned(), theirs.to_owned())
}

fn json(ours: &[u8], theirs: &str) -> Same {
    match (serde_json::from_slice::<Json>(ours), serde_json::from_str::<Json>(theirs)) {
        (Ok(ours), Ok(theirs)) => same(numbers(ours).to_string(), numbers(theirs).to_string()),
        _ => text(ours, theirs),
    }
}

/// What clients make of an error's type: neither its namespace nor what follows a colon counts.
fn name_of(kind: &str) -> String {
    let name = kind.rsplit('#').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default().to_owned()
}

/// `1` and `1.0` are the same number.
fn numbers(json: Json) -> Json {
    match json {
        Json::Number(n) => n.as_f64().map_or(Json::Null, Json::from),
        Json::Array(items) => items.into_iter().map(numbers).collect(),
        Json::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| match value {
                Json::String(kind) if key == "__type" => (key, name_of(&kind).into()),
                value => (key, numbers(value)),
            })
            .collect(),
        other => other,
    }
}

/// The request id is the server's own, and where the vector leaves out metadata, ours does not count.
fn xml(ours: &[u8], theirs: &str, schema: &ServiceSchema) -> Same {
    match (std::str::from_utf8(ours).ok().and_then(Element::parse), Element::parse(theirs)) {
        (Some(ours), Some(theirs)) => {
            let ours = if theirs.has("ResponseMetadata") { ours } else { ours.without("ResponseMetadata") };
            // The vectors' responses have a namespace that their models do not name.
            let named = schema.xml_namespace.is_some();
            let theirs = if named { theirs } else { theirs.outside_namespaces() };
            same(ours.comparable(schema), theirs.comparable(schema))
        }
        _ => text(ours, theirs),
    }
}

fn cbor(ours: &[u8], theirs: &[u8]) -> Same {
    match (ciborium::from_reader::<Cbor, _>(ours), ciborium::from_reader::<Cbor, _>(theirs)) {
        (Ok(ours), Ok(theirs)) => same(sorted(ours), sorted(theirs)),
        _ => same(ours, theirs),
    }
}

/// Maps by their keys; how numbers were written does not count, nor does the namespace of an error's type.
fn sorted(value: Cbor) -> Cbor {
    match value {
        Cbor::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(k, v)| (sorted(k), sorted(v))).collect();
            for (key, value) in &mut entries {
                if let (true, Cbor::Text(name)) = (*key == Cbor::Text("__type".into()), &*value) {
                    *value = Cbor::Text(name_of(name));
                }
            }
            entries.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
            Cbor::Map(entries)
        }
        Cbor::Array(items) => Cbor::Array(items.into_iter().map(sorted).collect()),
        Cbor::Tag(tag, inner) => Cbor::Tag(tag, Box::new(sorted(*inner))),
        Cbor::Integer(number) => Cbor::Float(i128::from(number) as f64),
        Cbor::Float(number) if number.is_nan() => Cbor::Text("NaN".into()),
        other => other,
    }
}
