//! The constraints of a model, checked by one walk over the input, in AWS's words.

mod constraint;
mod path;
mod pattern;
mod render;

pub(crate) use pattern::Patterns;
pub use pattern::unchecked_patterns;

use crate::{
    Value,
    schema::{Kind, Member, ServiceSchema, Shape, ShapeId},
};
use constraint::{NOT_NULL, broken, limits};
use path::Path;
use render::render;

/// Violations that one answer tells; AWS stops looking then (DynamoDB was seen to).
const MAX_TOLD: usize = 10;

/// Checks `value` against the shape `id`; the message is AWS's, with all violations.
pub(crate) fn validate(
    service: &ServiceSchema,
    patterns: &Patterns,
    id: Option<ShapeId>,
    value: &Value,
) -> Result<(), String> {
    let Some(id) = id else { return Ok(()) };
    let mut walker = Walker { service, patterns, told: Vec::new() };
    walker.structure(service.shape(id).members(), &Path::INPUT, value);
    match walker.told.len() {
        0 => Ok(()),
        1 => Err(format!("1 validation error detected: {}", walker.told.join("; "))),
        n => Err(format!("{n} validation errors detected: {}", walker.told.join("; "))),
    }
}

struct Walker<'a> {
    service: &'a ServiceSchema,
    patterns: &'a Patterns,
    told: Vec<String>,
}

impl Walker<'_> {
    fn report(&mut self, shape: &Shape, path: &Path<'_>, value: &Value, constraint: &str) {
        if self.told.len() == MAX_TOLD {
            return;
        }
        let shown = match value {
            Value::Null => " null".to_owned(),
            _ if shape.sensitive => String::new(),
            _ => format!(" '{}'", render(value)),
        };
        self.told.push(format!("Value{shown} at '{path}' failed to satisfy constraint: {constraint}"));
    }

    fn structure(&mut self, members: &[Member], prefix: &Path<'_>, value: &Value) {
        for (index, member) in members.iter().enumerate() {
            let path = prefix.member(member.name);
            match value.member(index) {
                Value::Null if member.required => {
                    let shape = self.service.shape(member.shape);
                    self.report(shape, &path, &Value::Null, NOT_NULL);
                }
                Value::Null => {}
                value => self.value(member.shape, &path, value),
            }
        }
    }

    fn value(&mut self, id: ShapeId, path: &Path<'_>, value: &Value) {
        let shape = self.service.shape(id);
        for constraint in broken(shape, self.patterns.get(self.service, id), value) {
            self.report(shape, path, value, &constraint);
        }
        match (shape.kind, value) {
            (Kind::Structure(members), _) => self.structure(members, path, value),
            (Kind::Union(members), _) => {
                let set = (0..members.len()).filter(|index| !value.member(*index).is_null()).count();
                if set != 1 {
                    self.report(shape, path, value, "Exactly one member must be set");
                }
                self.structure(members, path, value);
            }
            (Kind::List { member, .. }, Value::List(items)) => {
                self.elements(shape, path, value, member, items.iter(), "Member must satisfy constraint");
                if self.descends(member) {
                    for (index, item) in items.iter().enumerate() {
                        self.inner(member, &path.index(index), item);
                    }
                }
            }
            (Kind::Map { key, value: inner, .. }, Value::Map(entries)) => {
                let keys: Vec<_> = entries.iter().map(|(key, _)| Value::String(key.clone())).collect();
                self.elements(shape, path, value, key, keys.iter(), "Map keys must satisfy constraint");
                let values = entries.iter().map(|(_, value)| value);
                self.elements(shape, path, value, inner, values, "Map value must satisfy constraint");
                if self.descends(inner) {
                    for (key, item) in entries {
                        self.inner(inner, &path.key(key), item);
                    }
                }
            }
            _ => {}
        }
    }

    /// Constraints on what a list or map holds are reported at the list or map, once, all together.
    fn elements<'v>(
        &mut self,
        holder: &Shape,
        path: &Path<'_>,
        whole: &Value,
        id: ShapeId,
        mut items: impl Iterator<Item = &'v Value>,
        words: &str,
    ) {
        let shape = self.service.shape(id);
        let pattern = self.patterns.get(self.service, id);
        if items.any(|item| item.is_null() || !broken(shape, pattern, item).is_empty()) {
            self.report(holder, path, whole, &format!("{words}: [{}]", limits(shape).join(", ")));
        }
    }

    /// Whether there is anything to check below an element's own constraints.
    fn descends(&self, id: ShapeId) -> bool {
        use Kind::{List, Map, Structure, Union};
        matches!(self.service.shape(id).kind, Structure(_) | Union(_) | List { .. } | Map { .. })
    }

    /// Below an element, whose own constraints were reported with its holder.
    fn inner(&mut self, id: ShapeId, path: &Path<'_>, value: &Value) {
        let shape = self.service.shape(id);
        match (shape.kind, value) {
            (_, Value::Null) => {}
            (Kind::Structure(members) | Kind::Union(members), _) => self.structure(members, path, value),
            _ => self.value(id, path, value),
        }
    }
}

#[cfg(test)]
mod tests;
