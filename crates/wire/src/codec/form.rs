//! Forms as awsQuery nests them: `Dimensions.member.1.Name=x`.

use super::{Budget, Malformed, scalar};
use crate::{
    Value,
    schema::{Kind, Location, Member, ServiceSchema, Shape, ShapeId, TimestampFormat},
};
use std::collections::BTreeMap;

/// Names taken apart at their dots.
#[derive(Debug, Default)]
pub(crate) struct Form<'a> {
    text: Option<&'a str>,
    parts: BTreeMap<&'a str, Form<'a>>,
}

impl<'a> Form<'a> {
    pub(crate) fn new(parameters: &'a [(String, String)]) -> Result<Self, Malformed> {
        let mut root = Self::default();
        for (name, text) in parameters {
            let (mut node, mut depth) = (&mut root, 0);
            for part in name.split('.') {
                depth = Budget::deeper(depth)?;
                node = node.parts.entry(part).or_default();
            }
            node.text = Some(text);
        }
        Ok(root)
    }

    /// Reads a structure's members.
    pub(crate) fn structure(
        &self,
        service: &ServiceSchema,
        id: ShapeId,
        budget: &Budget,
    ) -> Result<Value, Malformed> {
        let members = service.shape(id).members();
        budget.take(members.len())?;
        let values: Result<Vec<_>, _> = members.iter().map(|m| self.member(service, m, budget)).collect();
        Ok(Value::Struct(values?))
    }

    fn member(&self, service: &ServiceSchema, member: &Member, budget: &Budget) -> Result<Value, Malformed> {
        let shape = service.shape(member.shape);
        // The elements of a flattened list stand under the element's own name, if it has one.
        let name = match shape.kind {
            Kind::List { name: Some(name), flattened: true, .. } => name,
            _ => member.wire,
        };
        match self.parts.get(name) {
            Some(node) if member.location == Location::Body => {
                node.value(service, shape, member.timestamp, budget)
            }
            _ => Ok(Value::Null),
        }
    }

    fn value(
        &self,
        service: &ServiceSchema,
        shape: &Shape,
        format: Option<TimestampFormat>,
        budget: &Budget,
    ) -> Result<Value, Malformed> {
        match shape.kind {
            Kind::Structure(members) | Kind::Union(members) => {
                budget.take(members.len())?;
                let values: Result<Vec<_>, _> =
                    members.iter().map(|m| self.member(service, m, budget)).collect();
                Ok(Value::Struct(values?))
            }
            Kind::List { member, name, flattened } => {
                let holder =
                    if flattened { Some(self) } else { self.holder(name.unwrap_or("member"), "member") };
                let items = holder.map(|h| h.numbered()).unwrap_or_default();
                budget.take(items.len())?;
                let element = service.shape(member);
                let items: Result<Vec<_>, _> =
                    items.into_iter().map(|item| item.value(service, element, None, budget)).collect();
                items.map(Value::List)
            }
            Kind::Map { value, key_name, value_name, flattened, .. } => {
                let holder = if flattened { Some(self) } else { self.holder("entry", "entry") };
                let entries = holder.map(|h| h.numbered()).unwrap_or_default();
                budget.take(entries.len())?;
                let mut map = Vec::new();
                for entry in entries {
                    let key = entry.parts.get(key_name).and_then(|k| k.text).unwrap_or_default();
                    let item = match entry.parts.get(value_name) {
                        Some(node) => node.value(service, service.shape(value), None, budget)?,
                        None => Value::Null,
                    };
                    map.push((key.to_owned(), item));
                }
                Ok(Value::Map(map))
            }
            _ => match self.text {
                Some(text) => scalar::parse(shape, text, format.unwrap_or(TimestampFormat::DateTime)),
                None => Err(Malformed::structure_unexpected()),
            },
        }
    }

    fn holder(&self, name: &str, usual: &str) -> Option<&Self> {
        self.parts.get(name).or_else(|| self.parts.get(usual))
    }

    /// The parts whose names are numbers, in the order of those.
    fn numbered(&self) -> Vec<&Self> {
        let mut items: Vec<_> =
            self.parts.iter().filter_map(|(name, node)| Some((name.parse::<u32>().ok()?, node))).collect();
        items.sort_by_key(|(number, _)| *number);
        items.into_iter().map(|(_, node)| node).collect()
    }
}
