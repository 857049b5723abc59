//! XML to values.

use super::tree::Element;
use crate::{
    Value,
    codec::{Budget, Malformed, Scope, scalar},
    schema::{Kind, Location, Member, ServiceSchema, Shape, ShapeId, TimestampFormat},
};

/// Reads `body`, whose root element is the shape `id`.
pub(crate) fn decode(
    service: &ServiceSchema,
    id: ShapeId,
    scope: Scope,
    body: &[u8],
) -> Result<Value, Malformed> {
    let budget = Budget::default();
    let root = Element::parse(body, &budget)?;
    let mut value = value(service, service.shape(id), None, &root, &budget)?;
    if let (Value::Struct(values), Scope::BodyOnly) = (&mut value, scope) {
        let members = service.members(Some(id)).iter().zip(values);
        for (_, value) in members.filter(|(member, _)| member.location != Location::Body) {
            *value = Value::Null;
        }
    }
    Ok(value)
}

fn value(
    service: &ServiceSchema,
    shape: &Shape,
    format: Option<TimestampFormat>,
    element: &Element,
    budget: &Budget,
) -> Result<Value, Malformed> {
    match shape.kind {
        Kind::Structure(members) | Kind::Union(members) => {
            budget.take(members.len())?;
            let values: Result<Vec<_>, _> =
                members.iter().map(|m| member(service, m, element, budget)).collect();
            values.map(Value::Struct)
        }
        Kind::List { member, name } => {
            items(service, member, element.named(name.unwrap_or("member")), budget)
        }
        Kind::Map { .. } => entries(service, shape, element.named("entry"), budget),
        _ => scalar::parse(shape, &element.text, format.unwrap_or(TimestampFormat::DateTime)),
    }
}

fn member(
    service: &ServiceSchema,
    member: &Member,
    element: &Element,
    budget: &Budget,
) -> Result<Value, Malformed> {
    let shape = service.shape(member.shape);
    if member.xml_attribute {
        let given = element.attributes.iter().find(|(name, _)| name == member.wire);
        return given
            .map_or(Ok(Value::Null), |(_, text)| scalar::parse(shape, text, TimestampFormat::DateTime));
    }
    let present = |value: Value| match &value {
        Value::List(items) if items.is_empty() => Value::Null,
        Value::Map(entries) if entries.is_empty() => Value::Null,
        _ => value,
    };
    match shape.kind {
        Kind::List { member: inner, name } if member.flattened => {
            // As in forms, either name.
            let own = name.filter(|name| element.named(name).next().is_some());
            items(service, inner, element.named(own.unwrap_or(member.wire)), budget).map(present)
        }
        Kind::Map { .. } if member.flattened => {
            entries(service, shape, element.named(member.wire), budget).map(present)
        }
        _ => match element.named(member.wire).next() {
            Some(child) => value(service, shape, member.timestamp, child, budget),
            None => Ok(Value::Null),
        },
    }
}

fn items<'a>(
    service: &ServiceSchema,
    id: ShapeId,
    elements: impl Iterator<Item = &'a Element>,
    budget: &Budget,
) -> Result<Value, Malformed> {
    let shape = service.shape(id);
    let items: Result<Vec<_>, _> = elements.map(|e| value(service, shape, None, e, budget)).collect();
    items.map(Value::List)
}

fn entries<'a>(
    service: &ServiceSchema,
    map: &Shape,
    elements: impl Iterator<Item = &'a Element>,
    budget: &Budget,
) -> Result<Value, Malformed> {
    let Kind::Map { value: id, key_name, value_name, .. } = map.kind else { return Ok(Value::Null) };
    let mut out = Vec::new();
    for element in elements {
        let key = element.named(key_name).next().map(|k| k.text.clone()).unwrap_or_default();
        let item = match element.named(value_name).next() {
            Some(child) => value(service, service.shape(id), None, child, budget)?,
            None => Value::Null,
        };
        out.push((key, item));
    }
    Ok(Value::Map(out))
}
