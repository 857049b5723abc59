//! Members from a request's path, query string and headers.

use crate::{
    Value,
    codec::{Malformed, Request, scalar},
    schema::{Kind, Location, Member, ServiceSchema, TimestampFormat},
};
use http::HeaderMap;

/// Sets the members that travel in the request's head.
pub(crate) fn bind(
    service: &ServiceSchema,
    members: &'static [Member],
    request: &Request<'_>,
    values: &mut [Value],
) -> Result<(), Malformed> {
    for (member, slot) in members.iter().zip(values) {
        let found = match member.location {
            Location::Label => label(service, member, request)?,
            Location::Query => query(service, member, request)?,
            Location::Header => header(service, member, request.headers)?,
            Location::PrefixHeaders => prefix_headers(member, request.headers),
            Location::Body | Location::Payload | Location::StatusCode => continue,
        };
        *slot = found;
    }
    Ok(())
}

fn label(service: &ServiceSchema, member: &Member, request: &Request<'_>) -> Result<Value, Malformed> {
    match request.labels.iter().find(|(name, _)| *name == member.wire) {
        Some((_, text)) => text_value(service, member, text, TimestampFormat::DateTime),
        None => Ok(Value::Null),
    }
}

fn query(service: &ServiceSchema, member: &Member, request: &Request<'_>) -> Result<Value, Malformed> {
    let mut given = request.query.iter().filter(|(name, _)| name == member.wire).map(|(_, text)| text);
    match service.shape(member.shape).kind {
        Kind::List { member: element, .. } => {
            let shape = service.shape(element);
            let items: Result<Vec<_>, _> =
                given.map(|text| scalar::parse(shape, text, TimestampFormat::DateTime)).collect();
            Ok(items.map(|items| if items.is_empty() { Value::Null } else { Value::List(items) })?)
        }
        Kind::Map { value, .. } => query_map(service, value, request),
        _ => match given.next() {
            Some(text) => text_value(service, member, text, TimestampFormat::DateTime),
            None => Ok(Value::Null),
        },
    }
}

/// A map takes every parameter, also those that other members name.
fn query_map(service: &ServiceSchema, value: u16, request: &Request<'_>) -> Result<Value, Malformed> {
    let mut entries: Vec<(String, Value)> = Vec::new();
    for (name, text) in &request.query {
        let shape = service.shape(value);
        let Kind::List { member: element, .. } = shape.kind else {
            entries.push((name.clone(), scalar::parse(shape, text, TimestampFormat::DateTime)?));
            continue;
        };
        let item = scalar::parse(service.shape(element), text, TimestampFormat::DateTime)?;
        match entries.iter_mut().find(|(have, _)| have == name) {
            Some((_, Value::List(items))) => items.push(item),
            _ => entries.push((name.clone(), Value::List(vec![item]))),
        }
    }
    Ok(if entries.is_empty() { Value::Null } else { Value::Map(entries) })
}

fn header(service: &ServiceSchema, member: &Member, headers: &HeaderMap) -> Result<Value, Malformed> {
    let mut given = headers.get_all(member.wire).iter();
    let Kind::List { member: element, .. } = service.shape(member.shape).kind else {
        return match given.next() {
            Some(value) => text_value(service, member, &text(value), TimestampFormat::HttpDate),
            None => Ok(Value::Null),
        };
    };
    let shape = service.shape(element);
    let mut items = Vec::new();
    for value in given {
        for part in split_header(&text(value), matches!(shape.kind, Kind::Timestamp(_))) {
            items.push(scalar::parse(shape, &part, TimestampFormat::HttpDate)?);
        }
    }
    Ok(if items.is_empty() { Value::Null } else { Value::List(items) })
}

/// Splits a header's list at commas outside quotes; an HTTP date has one comma of its own.
fn split_header(text: &str, dates: bool) -> Vec<String> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    let mut commas = 0;
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                part.push(c);
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                commas += 1;
                if dates && commas % 2 == 1 {
                    part.push(c);
                } else {
                    parts.push(std::mem::take(&mut part));
                }
            }
            _ => part.push(c),
        }
    }
    parts.push(part);
    parts.iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

fn prefix_headers(member: &Member, headers: &HeaderMap) -> Value {
    let prefix = member.wire.to_ascii_lowercase();
    let entries = headers.iter().filter_map(|(name, value)| {
        let rest = name.as_str().strip_prefix(&prefix)?;
        Some((rest.to_owned(), Value::String(text(value).into_owned())))
    });
    let entries: Vec<_> = entries.collect();
    if entries.is_empty() { Value::Null } else { Value::Map(entries) }
}

fn text_value(
    service: &ServiceSchema,
    member: &Member,
    text: &str,
    format: TimestampFormat,
) -> Result<Value, Malformed> {
    scalar::parse(service.shape(member.shape), text, member.timestamp.unwrap_or(format))
}

fn text(value: &http::HeaderValue) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_headers() {
        fn check(text: &str, dates: bool, expect: &[&str]) {
            assert_eq!(split_header(text, dates), expect, "{text}");
        }
        check("a, b,c", false, &["a", "b", "c"]);
        check("\"a,b\", \"c\\\"d\"", false, &["a,b", "c\"d"]);
        check("", false, &[]);
        check(
            "Sat, 31 Jan 2026 23:59:59 GMT, Sun, 01 Feb 2026 00:00:00 GMT",
            true,
            &["Sat, 31 Jan 2026 23:59:59 GMT", "Sun, 01 Feb 2026 00:00:00 GMT"],
        );
    }
}
