//! Forms as awsQuery nests them: `Dimensions.member.1.Name=x`.

use super::{Budget, Malformed, scalar};
use crate::{
    Value,
    schema::{Kind, Member, ServiceSchema, Shape, ShapeId, TimestampFormat},
};
use std::cmp::Ordering;

/// The parameters in an order in which those below one name stand together.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    entries: Vec<(&'a str, &'a str)>,
}

impl<'a> Form<'a> {
    pub(crate) fn new(parameters: &'a [(String, String)]) -> Self {
        let mut entries: Vec<_> = parameters.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        entries.sort_by(|a, b| order(a.0, b.0));
        Self { entries }
    }

    /// Reads a structure's members.
    pub(crate) fn structure(&self, service: &ServiceSchema, id: ShapeId) -> Result<Value, Malformed> {
        let reader = Reader { service, budget: Budget::default() };
        reader.structure(service.shape(id).members(), Node { entries: &self.entries, at: 0 }, 0)
    }
}

/// Dots come before everything else, so that `A.1` stands between `A` and `AB`.
fn order(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'.' { 0 } else { u16::from(byte) + 1 };
    a.bytes().map(rank).cmp(b.bytes().map(rank))
}

/// The parameters below one name: all of them share their first `at` bytes.
#[derive(Clone, Copy, Debug)]
struct Node<'a> {
    entries: &'a [(&'a str, &'a str)],
    at: usize,
}

impl<'a> Node<'a> {
    /// What of a name is below this node.
    fn rest(&self, name: &'a str) -> &'a str {
        let rest = name.get(self.at..).unwrap_or_default();
        rest.strip_prefix('.').unwrap_or(rest)
    }

    /// The text given for the name itself.
    fn text(&self) -> Option<&'a str> {
        self.entries.iter().find(|(name, _)| name.len() == self.at).map(|(_, text)| *text)
    }

    /// The node of one more step.
    fn child(&self, step: &str) -> Option<Self> {
        let first = self.entries.partition_point(|(name, _)| order(self.rest(name), step) == Ordering::Less);
        let tail = self.entries.get(first..)?;
        let below = |name: &'a str| {
            self.rest(name).strip_prefix(step).is_some_and(|r| r.is_empty() || r.starts_with('.'))
        };
        let (name, _) = tail.first().filter(|(name, _)| below(name))?;
        let at = name.len() - self.rest(name).len() + step.len();
        let count = tail.partition_point(|(name, _)| below(name));
        Some(Self { entries: tail.get(..count)?, at })
    }

    /// The nodes whose steps are numbers, in the order of those.
    fn numbered(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut entries = self.entries;
        while let Some((name, _)) = entries.first() {
            let step = self.rest(name).split('.').next().unwrap_or_default();
            let same = |name: &'a str| self.rest(name).split('.').next() == Some(step);
            let (group, others) = entries.split_at(entries.partition_point(|(name, _)| same(name)).max(1));
            if let Ok(number) = step.parse::<u32>() {
                let at = name.len() - self.rest(name).len() + step.len();
                found.push((number, Self { entries: group, at }));
            }
            entries = others;
        }
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, node)| node).collect()
    }
}

struct Reader<'s> {
    service: &'s ServiceSchema,
    budget: Budget,
}

impl Reader<'_> {
    fn structure(&self, members: &[Member], node: Node<'_>, depth: usize) -> Result<Value, Malformed> {
        let depth = Budget::deeper(depth)?;
        self.budget.take(members.len())?;
        let values: Result<Vec<_>, _> = members.iter().map(|m| self.member(m, node, depth)).collect();
        values.map(Value::Struct)
    }

    fn member(&self, member: &Member, node: Node<'_>, depth: usize) -> Result<Value, Malformed> {
        let shape = self.service.shape(member.shape);
        // The elements of a flattened list stand under the element's own name, if it has one; clients
        // that follow Smithy's rule take the member's.
        let own = match shape.kind {
            Kind::List { name: Some(name), .. } if member.flattened => node.child(name),
            _ => None,
        };
        match own.or_else(|| node.child(member.wire)) {
            Some(node) => self.value(shape, member.timestamp, member.flattened, node, depth),
            None => Ok(Value::Null),
        }
    }

    fn value(
        &self,
        shape: &Shape,
        format: Option<TimestampFormat>,
        flattened: bool,
        node: Node<'_>,
        depth: usize,
    ) -> Result<Value, Malformed> {
        let holder = |name: &str, usual: &str| {
            if flattened { Some(node) } else { node.child(name).or_else(|| node.child(usual)) }
        };
        match shape.kind {
            Kind::Structure(members) | Kind::Union(members) => self.structure(members, node, depth),
            Kind::List { member, name } => {
                let depth = Budget::deeper(depth)?;
                let items =
                    holder(name.unwrap_or("member"), "member").map(|h| h.numbered()).unwrap_or_default();
                self.budget.take(items.len())?;
                let element = self.service.shape(member);
                let items: Result<Vec<_>, _> =
                    items.into_iter().map(|item| self.value(element, None, false, item, depth)).collect();
                items.map(Value::List)
            }
            Kind::Map { value, key_name, value_name, .. } => {
                let depth = Budget::deeper(depth)?;
                let entries = holder("entry", "entry").map(|h| h.numbered()).unwrap_or_default();
                self.budget.take(entries.len())?;
                let mut map = Vec::new();
                for entry in entries {
                    let key = entry.child(key_name).and_then(|key| key.text()).unwrap_or_default();
                    let item = match entry.child(value_name) {
                        Some(node) => self.value(self.service.shape(value), None, false, node, depth)?,
                        None => Value::Null,
                    };
                    map.push((key.to_owned(), item));
                }
                Ok(Value::Map(map))
            }
            _ => match node.text() {
                Some(text) => scalar::parse(shape, text, format.unwrap_or(TimestampFormat::DateTime)),
                None => Err(Malformed::structure_unexpected()),
            },
        }
    }
}
