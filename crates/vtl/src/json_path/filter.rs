//! `[?(…)]`.

use super::{Step, evaluate::walk};
use crate::{Fault, Heap, Value, render::equal};
use regex::RegexBuilder;
use std::cmp::Ordering;

/// Bytes of a compiled regular expression.
const MAX_COMPILED: usize = 1 << 20;

#[derive(Debug)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
}

#[derive(Debug)]
pub(super) enum Operand {
    /// A path from the element that is looked at.
    Here(Vec<Step>),
    /// A path from the root.
    Root(Vec<Step>),
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    List(Vec<Operand>),
    /// A regular expression, and whether it ignores case.
    Pattern(String, bool),
}

impl Filter {
    pub(super) fn holds(&self, heap: &mut Heap, root: &Value, here: &Value) -> Result<bool, Fault> {
        heap.spend(1)?;
        match self {
            Self::Any(filters) => {
                for filter in filters {
                    if filter.holds(heap, root, here)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::All(filters) => {
                for filter in filters {
                    if !filter.holds(heap, root, here)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Not(filter) => filter.holds(heap, root, here).map(|holds| !holds),
            Self::Exists(operand) => Ok(operand.value(heap, root, here)?.is_some()),
            Self::Compare(left, comparison, right) => {
                // What is not there equals nothing, and differs from everything.
                let Some(left) = left.value(heap, root, here)? else {
                    return Ok(*comparison == Comparison::Unequal);
                };
                if let Operand::Pattern(pattern, insensitive) = right {
                    return matches(heap, &left, pattern, *insensitive);
                }
                if let (Comparison::In | Comparison::NotIn, Operand::List(items)) = (comparison, right) {
                    let mut found = false;
                    for item in items {
                        let item = item.value(heap, root, here)?.unwrap_or(Value::Null);
                        found |= same(heap, &left, &item)?;
                    }
                    return Ok(found == (*comparison == Comparison::In));
                }
                let Some(right) = right.value(heap, root, here)? else {
                    return Ok(*comparison == Comparison::Unequal);
                };
                compare(heap, &left, *comparison, &right)
            }
        }
    }
}

impl Operand {
    fn value(&self, heap: &mut Heap, root: &Value, here: &Value) -> Result<Option<Value>, Fault> {
        Ok(match self {
            Self::Here(steps) => walk(heap, steps, root, here)?.into_iter().next(),
            Self::Root(steps) => walk(heap, steps, root, root)?.into_iter().next(),
            Self::Text(text) => Some(heap.text(text.as_str())?),
            Self::Number(x) => Some(Value::Float(*x)),
            Self::Bool(b) => Some(Value::Bool(*b)),
            Self::Null => Some(Value::Null),
            Self::List(_) | Self::Pattern(..) => None,
        })
    }
}

/// Equality of JSON: never between different kinds.
fn same(heap: &mut Heap, left: &Value, right: &Value) -> Result<bool, Fault> {
    if let (Some(a), Some(b)) = (left.number(), right.number()) {
        return Ok(a == b);
    }
    Ok(std::mem::discriminant(left) == std::mem::discriminant(right) && equal(heap, left, right)?)
}

fn compare(heap: &mut Heap, left: &Value, comparison: Comparison, right: &Value) -> Result<bool, Fault> {
    let order = match (left, right) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => left.number().zip(right.number()).and_then(|(a, b)| a.partial_cmp(&b)),
    };
    Ok(match comparison {
        Comparison::Equal => same(heap, left, right)?,
        Comparison::Unequal => !same(heap, left, right)?,
        Comparison::Less => order.is_some_and(Ordering::is_lt),
        Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order.is_some_and(Ordering::is_gt),
        Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        Comparison::Matches | Comparison::In | Comparison::NotIn => false,
    })
}

fn matches(heap: &mut Heap, value: &Value, pattern: &str, insensitive: bool) -> Result<bool, Fault> {
    let Value::Text(text) = value else { return Ok(false) };
    heap.spend(2000 + text.len() / 16)?;
    let built = RegexBuilder::new(&format!("^(?:{pattern})$"))
        .case_insensitive(insensitive)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .build();
    Ok(built.is_ok_and(|pattern| pattern.is_match(text)))
}
