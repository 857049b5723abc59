//! Methods and properties of values, named as Java names them.
//!
//! What Java has no method for is nothing, as in Velocity; what would throw there is an error.

mod lists;
mod maps;
mod numbers;
mod patterns;
mod strings;

use crate::{Fault, Heap, Value, render::equal};

/// The property `name` of `value`.
pub(crate) fn property(heap: &mut Heap, value: &Value, name: &str) -> Result<Value, Fault> {
    Ok(match value {
        Value::Map(id) => {
            let key = heap.key(&Value::from(name))?;
            heap.get(*id, &key).cloned().unwrap_or(Value::Null)
        }
        Value::Object(object) => object.property(name, heap)?,
        Value::Entry(entry) => match name {
            "key" => entry.key.value(),
            "value" => entry.value.clone(),
            _ => Value::Null,
        },
        Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
        Value::List(id) if name == "empty" => Value::Bool(heap.items(*id).is_empty()),
        _ => Value::Null,
    })
}

/// Calls the method `name` of `value`.
pub(crate) fn call(heap: &mut Heap, value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    match (name, arguments) {
        ("toString", []) if !value.is_null() && !matches!(value, Value::Object(_)) => {
            return heap.display(value).map(Value::Text);
        }
        ("equals", [other]) if !value.is_null() => {
            let alike = std::mem::discriminant(value) == std::mem::discriminant(other);
            return Ok(Value::Bool(alike && equal(heap, value, other)?));
        }
        _ => {}
    }
    match value {
        Value::Text(text) => strings::call(heap, text, name, arguments),
        Value::List(id) => lists::call(heap, *id, name, arguments),
        Value::Map(id) => maps::call(heap, *id, name, arguments),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => numbers::call(heap, value, name, arguments),
        Value::Object(object) => object.call(name, arguments, heap),
        Value::Entry(entry) => Ok(match (name, arguments) {
            ("getKey", []) => entry.key.value(),
            ("getValue", []) => entry.value.clone(),
            _ => Value::Null,
        }),
        Value::Null | Value::Block(_) | Value::Loop(_) => Ok(Value::Null),
    }
}

/// The place of index `n` among `len` elements; a negative one counts from the end.
pub(crate) fn position(n: i64, len: usize) -> Option<usize> {
    let n = if n < 0 { n.checked_add(i64::try_from(len).ok()?)? } else { n };
    usize::try_from(n).ok().filter(|n| *n < len)
}

/// A count as a number.
fn int(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What Java's `indexOf` answers.
fn found(at: Option<usize>) -> Value {
    at.map_or(Value::Int(-1), int)
}
