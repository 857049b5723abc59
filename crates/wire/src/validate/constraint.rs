//! One shape's own constraints.

use super::pattern::Pattern;
use crate::{
    Value,
    schema::{Kind, Shape},
};

/// What is said where there is nothing and must be something.
pub(super) const NOT_NULL: &str = "Member must not be null";

/// The constraints of `shape` that `value` breaks.
pub(super) fn broken(shape: &Shape, pattern: Option<&Pattern>, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let bounded = shape.min.is_some() || shape.max.is_some();
    let measure = match value {
        _ if !bounded => None,
        Value::Int(number) => Some(Measure::Value(*number as f64)),
        Value::Float(number) => Some(Measure::Value(*number)),
        Value::String(text) => Some(Measure::Length(text.chars().count())),
        Value::Blob(bytes) => Some(Measure::Length(bytes.len())),
        Value::List(items) => Some(Measure::Length(items.len())),
        Value::Map(entries) => Some(Measure::Length(entries.len())),
        _ => None,
    };
    if let (Some(pattern), Value::String(text)) = (pattern, value)
        && !pattern.is_match(text)
    {
        found.extend(matching(shape));
    }
    if let Some(measure) = measure {
        if shape.max.is_some_and(|max| measure.number() > max as f64) {
            found.extend(at_most(shape));
        }
        if shape.min.is_some_and(|min| measure.number() < min as f64) {
            found.extend(at_least(shape));
        }
    }
    if let (Kind::String(values), Value::String(text)) = (shape.kind, value)
        && !values.is_empty()
        && !values.contains(&text.as_str())
    {
        found.extend(one_of(shape));
    }
    found
}

/// All constraints of `shape`, broken or not: how AWS tells of an element that breaks one.
pub(super) fn limits(shape: &Shape) -> Vec<String> {
    let present = Some(NOT_NULL.to_owned());
    let all = [at_most(shape), at_least(shape), matching(shape), one_of(shape), present];
    all.into_iter().flatten().collect()
}

enum Measure {
    Value(f64),
    Length(usize),
}

impl Measure {
    fn number(&self) -> f64 {
        match self {
            Self::Value(number) => *number,
            Self::Length(length) => *length as f64,
        }
    }
}

/// What a bound is on, and how the shape's numbers are written.
fn bound(shape: &Shape, limit: i64) -> (&'static str, String) {
    match shape.kind {
        Kind::Integer | Kind::Long => ("value", limit.to_string()),
        Kind::Double => ("value", format!("{limit}.0")),
        _ => ("length", limit.to_string()),
    }
}

fn at_most(shape: &Shape) -> Option<String> {
    let (noun, limit) = bound(shape, shape.max?);
    Some(format!("Member must have {noun} less than or equal to {limit}"))
}

fn at_least(shape: &Shape) -> Option<String> {
    let (noun, limit) = bound(shape, shape.min?);
    Some(format!("Member must have {noun} greater than or equal to {limit}"))
}

fn matching(shape: &Shape) -> Option<String> {
    Some(format!("Member must satisfy regular expression pattern: {}", shape.pattern?))
}

fn one_of(shape: &Shape) -> Option<String> {
    match shape.kind {
        Kind::String(values) if !values.is_empty() => {
            Some(format!("Member must satisfy enum value set: [{}]", values.join(", ")))
        }
        _ => None,
    }
}
