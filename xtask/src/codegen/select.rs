//! Which shapes the listed operations need, and their numbers.

use super::{
    config::Service,
    model::{Model, Operation, Reference, Shape},
    names,
};
use crate::Result;
use std::collections::{BTreeMap, BTreeSet};

/// A model cut down to the listed operations.
pub(crate) struct Selection<'a> {
    pub(crate) name: &'a str,
    pub(crate) model: &'a Model,
    pub(crate) service: &'a Service,
    /// The shapes' names in the order of their numbers.
    pub(crate) shapes: Vec<&'a str>,
    /// The errors that the listed operations or the table of codes name.
    pub(crate) errors: Vec<&'a str>,
    ids: BTreeMap<&'a str, usize>,
}

/// The member that every error has, for those whose model has none.
pub(crate) const MESSAGE: &str = "message";

impl<'a> Selection<'a> {
    pub(crate) fn new(name: &'a str, model: &'a Model, service: &'a Service) -> Result<Self> {
        let mut roots = BTreeSet::new();
        let mut errors = BTreeSet::new();
        for operation in &service.operations {
            let found =
                model.operations.get(operation).ok_or(format!("{name} has no operation {operation}"))?;
            roots.extend(found.input.iter().chain(&found.output).map(|s| s.shape.as_str()));
            errors.extend(found.errors.iter().map(|s| s.shape.as_str()));
        }
        for code in service.codes.values() {
            errors.extend(model.shapes.get_key_value(code).map(|(name, _)| name.as_str()));
        }
        roots.extend(errors.iter().copied());
        let mut reached = BTreeSet::new();
        let mut next: Vec<&str> = roots.into_iter().collect();
        while let Some(shape) = next.pop() {
            if reached.insert(shape) {
                next.extend(references(model.shape(shape)?).map(|r| r.shape.as_str()));
            }
        }
        // Errors without a message are given one, of this shape.
        if let Some((string, _)) = model.shapes.get_key_value("String") {
            reached.insert(string);
        }
        let shapes: Vec<_> = reached.into_iter().collect();
        let ids = shapes.iter().enumerate().map(|(i, s)| (*s, i)).collect();
        Ok(Self { name, model, service, shapes, errors: errors.into_iter().collect(), ids })
    }

    pub(crate) fn id(&self, shape: &str) -> Result<usize> {
        self.ids.get(shape).copied().ok_or_else(|| format!("{shape} was not selected"))
    }

    pub(crate) fn typed(&self, operation: &Operation) -> bool {
        self.service.operations.contains(&operation.name)
    }

    /// The members of a structure, with the message that an error may lack.
    pub(crate) fn members(&self, name: &str) -> Result<Vec<(String, Reference)>> {
        let mut members = self.model.shape(name)?.members.0.clone();
        if self.errors.contains(&name) && !members.iter().any(|(n, _)| is_message(n)) {
            let text = self.shapes.iter().find(|s| self.model.shapes.get(**s).is_some_and(is_plain_text));
            let shape = (*text.ok_or("no text shape")?).to_owned();
            let reference = Reference {
                shape,
                location: None,
                location_name: None,
                xml_attribute: false,
                flattened: false,
                timestamp_format: None,
            };
            members.push((MESSAGE.to_owned(), reference));
        }
        Ok(members)
    }

    /// The Rust type of a shape.
    pub(crate) fn rust_type(&self, name: &str) -> Result<String> {
        let shape = self.model.shape(name)?;
        let of = |reference: &Option<Reference>| match reference {
            Some(reference) => self.rust_type(&reference.shape),
            None => Err(format!("{name} lacks its member")),
        };
        Ok(match shape.kind.as_str() {
            "structure" if shape.document => "Document".into(),
            "structure" => name.to_owned(),
            "list" => format!("Vec<{}>", of(&shape.member)?),
            "map" => format!("BTreeMap<String, {}>", of(&shape.value)?),
            "string" | "character" => "String".into(),
            "blob" => "Bytes".into(),
            "boolean" => "bool".into(),
            "integer" | "long" | "short" | "byte" => "i64".into(),
            "float" | "double" => "f64".into(),
            "timestamp" => "Timestamp".into(),
            other => return Err(format!("{name} is of the unknown type {other}")),
        })
    }

    /// Whether the structure `from` holds `target` without a list, map or box between them.
    pub(crate) fn holds(&self, from: &str, target: &str, seen: &mut BTreeSet<String>) -> bool {
        if !seen.insert(from.to_owned()) {
            return false;
        }
        let Some(shape) = self.model.shapes.get(from).filter(|s| s.kind == "structure") else { return false };
        shape.members.0.iter().any(|(_, r)| r.shape == target || self.holds(&r.shape, target, seen))
    }

    /// The field that is an error's message.
    pub(crate) fn message_field(&self, error: &str) -> Result<String> {
        let members = self.members(error)?;
        let found = members.iter().find(|(name, _)| is_message(name));
        Ok(names::field(found.map_or(MESSAGE, |(name, _)| name)))
    }
}

pub(crate) fn is_message(member: &str) -> bool {
    member.eq_ignore_ascii_case(MESSAGE)
}

fn is_plain_text(shape: &Shape) -> bool {
    shape.kind == "string" && shape.values.is_empty()
}

fn references(shape: &Shape) -> impl Iterator<Item = &Reference> {
    let parts = shape.member.iter().chain(&shape.key).chain(&shape.value);
    shape.members.0.iter().map(|(_, r)| r).chain(parts)
}
