//! schema.rs: the model as static data.

use super::{
    config::Constraints,
    model::{Operation, Reference},
    names::literal,
    output::HEADER,
    select::Selection,
};
use crate::Result;
use std::fmt::Write as _;

pub(crate) fn emit(selection: &Selection<'_>) -> Result<String> {
    let mut shapes = String::new();
    for name in &selection.shapes {
        let _ = writeln!(shapes, "{},", shape(selection, name)?);
    }
    let mut operations = String::new();
    for operation in selection.model.operations.values() {
        let _ = writeln!(operations, "{},", self::operation(selection, operation)?);
    }
    let mut errors = String::new();
    for name in &selection.errors {
        let _ = writeln!(errors, "{},", error(selection, name)?);
    }
    let metadata = &selection.model.metadata;
    let codes: Vec<_> = selection
        .service
        .codes
        .iter()
        .map(|(kind, code)| format!("(ErrorKind::{}, {})", pascal(kind), literal(code)))
        .collect();
    let protocols: Result<Vec<_>> = metadata.protocols.iter().map(|p| protocol(selection, p)).collect();
    Ok(format!(
        "{HEADER}
use tinderbox_base::ErrorKind;
use tinderbox_wire::schema::{{ErrorSchema, Kind, Location, Member, OperationSchema, Protocol, ServiceSchema, Shape, TimestampFormat}};

/// The schema of {title}.
pub static SCHEMA: ServiceSchema = ServiceSchema {{
    name: {name},
    sdk_id: {id},
    api_version: {version},
    signing_name: {signing},
    endpoint_prefix: {prefix},
    target_prefix: {target:?},
    xml_namespace: {namespace:?},
    query_compatible: {compatible},
    protocols: &[{protocols}],
    operations: &OPERATIONS,
    shapes: &SHAPES,
    errors: &ERRORS,
    error_codes: &[{codes}],
    constraint_code: {constraint},
}};

static OPERATIONS: [OperationSchema; {operation_count}] = [
{operations}];

static ERRORS: [ErrorSchema; {error_count}] = [
{errors}];

static SHAPES: [Shape; {shape_count}] = [
{shapes}];
",
        title = metadata.service_full_name,
        name = literal(selection.name),
        id = literal(&metadata.service_id),
        version = literal(&metadata.api_version),
        signing = literal(metadata.signing_name.as_ref().unwrap_or(&metadata.endpoint_prefix)),
        prefix = literal(&metadata.endpoint_prefix),
        target = metadata.target_prefix,
        namespace = metadata.xml_namespace,
        compatible = metadata.aws_query_compatible.is_some(),
        protocols = protocols?.join(", "),
        codes = codes.join(", "),
        constraint = literal(&selection.service.constraint),
        operation_count = selection.model.operations.len(),
        error_count = selection.errors.len(),
        shape_count = selection.shapes.len(),
    ))
}

fn protocol(selection: &Selection<'_>, name: &str) -> Result<String> {
    let json = selection.model.metadata.json_version.as_deref();
    let variant = match (name, json) {
        ("rest-json", _) => "RestJson1",
        ("rest-xml", _) => "RestXml",
        ("query", _) => "AwsQuery",
        ("smithy-rpc-v2-cbor", _) => "RpcV2Cbor",
        ("json", Some("1.0")) => "AwsJson1_0",
        ("json", _) => "AwsJson1_1",
        (other, _) => return Err(format!("unknown protocol {other}")),
    };
    Ok(format!("Protocol::{variant}"))
}

fn operation(selection: &Selection<'_>, operation: &Operation) -> Result<String> {
    let http = &operation.http;
    let mut text = format!(
        "OperationSchema::named({}, {}, {})",
        literal(&operation.name),
        literal(&http.method),
        literal(&http.request_uri)
    );
    if !selection.typed(operation) {
        return Ok(text);
    }
    let id = |shape: &Option<super::model::Output>| match shape {
        Some(shape) => selection.id(&shape.shape).map(|id| format!("Some({id})")),
        None => Ok("None".into()),
    };
    let _ = write!(text, ".typed({}, {})", id(&operation.input)?, id(&operation.output)?);
    if let Some(status) = http.response_code.filter(|s| *s != 200) {
        let _ = write!(text, ".status({status})");
    }
    if let Some(wrapper) = operation.output.as_ref().and_then(|o| o.result_wrapper.as_ref()) {
        let _ = write!(text, ".wrapper({})", literal(wrapper));
    }
    if let Some(limit) = selection.service.body_limits.get(&operation.name) {
        let _ = write!(text, ".body_limit({limit})");
    }
    Ok(text)
}

fn error(selection: &Selection<'_>, name: &str) -> Result<String> {
    let shape = selection.model.shape(name)?;
    let given = shape.error.as_ref();
    let status = given.and_then(|e| e.http_status_code).unwrap_or(if shape.fault { 500 } else { 400 });
    let sender = given.and_then(|e| e.sender_fault).unwrap_or(!shape.fault && status < 500);
    let code = given.and_then(|e| e.code.as_deref()).unwrap_or(name);
    Ok(format!(
        "ErrorSchema {{ shape: {}, code: {}, status: {status}, sender: {sender} }}",
        selection.id(name)?,
        literal(code)
    ))
}

fn shape(selection: &Selection<'_>, name: &str) -> Result<String> {
    let shape = selection.model.shape(name)?;
    let text = literal(name);
    let number = |reference: &Option<Reference>| match reference {
        Some(reference) => selection.id(&reference.shape),
        None => Err(format!("{name} lacks its member")),
    };
    let mut out = match shape.kind.as_str() {
        "structure" if shape.document => format!("Shape::document({text})"),
        "structure" => {
            let members = members(selection, name)?;
            let kind = if shape.union { "union" } else { "structure" };
            format!("Shape::{kind}({text}, const {{ &[{members}] }})")
        }
        "list" => {
            let element = shape.member.as_ref().and_then(|m| m.location_name.as_ref());
            let id = number(&shape.member)?;
            match element {
                None => format!("Shape::list({text}, {id})"),
                Some(_) => format!("Shape::new({text}, Kind::List {{ member: {id}, name: {element:?} }})"),
            }
        }
        "map" => {
            let (key, value) = (number(&shape.key)?, number(&shape.value)?);
            let named = |r: &Option<Reference>, default: &str| {
                let name = r.as_ref().and_then(|r| r.location_name.clone());
                literal(&name.unwrap_or_else(|| default.to_owned()))
            };
            format!(
                "Shape::new({text}, Kind::Map {{ key: {key}, value: {value}, key_name: {}, value_name: {} }})",
                named(&shape.key, "key"),
                named(&shape.value, "value")
            )
        }
        "string" | "character" if shape.values.is_empty() || open(selection, name) => {
            format!("Shape::string({text})")
        }
        "string" | "character" => {
            let values: Vec<_> = shape.values.iter().map(|v| literal(v)).collect();
            format!("Shape::one_of({text}, &[{}])", values.join(", "))
        }
        "timestamp" => {
            let format = timestamp(shape.timestamp_format.as_deref())?;
            let format = format.map_or("None".into(), |f| format!("Some({f})"));
            format!("Shape::new({text}, Kind::Timestamp({format}))")
        }
        kind => {
            let kind = match kind {
                "blob" => "Blob",
                "boolean" => "Boolean",
                "integer" | "short" | "byte" => "Integer",
                "long" => "Long",
                "float" | "double" => "Double",
                other => return Err(format!("{name} is of the unknown type {other}")),
            };
            format!("Shape::new({text}, Kind::{kind})")
        }
    };
    constraints(selection, name, &mut out)?;
    Ok(out)
}

fn open(selection: &Selection<'_>, name: &str) -> bool {
    selection.service.shapes.get(name).is_some_and(|own| own.open)
}

/// A bound, which models write as `8.0` where the shape is a floating-point number.
fn whole(bound: &serde_json::Number) -> i64 {
    bound.as_i64().unwrap_or_else(|| {
        let number = bound.as_f64().unwrap_or(f64::NAN);
        assert!(number.fract() == 0.0 && number.abs() < 9e15, "a bound that is not whole: {bound}");
        number as i64
    })
}

fn constraints(selection: &Selection<'_>, name: &str, out: &mut String) -> Result<()> {
    let shape = selection.model.shape(name)?;
    let none = Constraints::default();
    let own = selection.service.shapes.get(name).unwrap_or(&none);
    if let Some(min) = own.min.or(shape.min.as_ref().map(whole)) {
        let _ = write!(out, ".min({min})");
    }
    if let Some(max) = own.max.or(shape.max.as_ref().map(whole)) {
        let _ = write!(out, ".max({max})");
    }
    if let Some(pattern) = own.pattern.as_ref().or(shape.pattern.as_ref()) {
        let _ = write!(out, ".pattern({})", literal(pattern));
    }
    if shape.sensitive {
        out.push_str(".sensitive()");
    }
    Ok(())
}

fn members(selection: &Selection<'_>, name: &str) -> Result<String> {
    let shape = selection.model.shape(name)?;
    let mut out = String::new();
    for (member, reference) in selection.members(name)? {
        let _ = write!(out, "Member::new({}, {})", literal(&member), selection.id(&reference.shape)?);
        if let Some(wire) = reference.location_name.as_ref().filter(|wire| **wire != member) {
            let _ = write!(out, ".wire({})", literal(wire));
        }
        let location = match reference.location.as_deref() {
            None if shape.payload.as_ref() == Some(&member) => Some("Payload"),
            None => None,
            Some("uri") => Some("Label"),
            Some("querystring") => Some("Query"),
            Some("header") => Some("Header"),
            Some("headers") => Some("PrefixHeaders"),
            Some("statusCode") => Some("StatusCode"),
            Some(other) => return Err(format!("{name}.{member} is in the unknown place {other}")),
        };
        if let Some(location) = location {
            let _ = write!(out, ".at(Location::{location})");
        }
        if shape.required.contains(&member) {
            out.push_str(".required()");
        }
        if reference.xml_attribute {
            out.push_str(".xml_attribute()");
        }
        if reference.flattened || selection.model.shape(&reference.shape)?.flattened {
            out.push_str(".flattened()");
        }
        if let Some(format) = timestamp(reference.timestamp_format.as_deref())? {
            let _ = write!(out, ".timestamp({format})");
        }
        out.push_str(", ");
    }
    Ok(out)
}

fn timestamp(format: Option<&str>) -> Result<Option<&'static str>> {
    Ok(Some(match format {
        None => return Ok(None),
        Some("unixTimestamp") => "TimestampFormat::EpochSeconds",
        Some("iso8601") => "TimestampFormat::DateTime",
        Some("rfc822") => "TimestampFormat::HttpDate",
        Some(other) => return Err(format!("unknown timestamp format {other}")),
    }))
}

fn pascal(kebab: &str) -> String {
    let words = kebab.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}
