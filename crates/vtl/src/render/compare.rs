//! `==` and `<`.

use crate::{Fault, Heap, Value, limits::MAX_DEPTH};
use std::cmp::Ordering;

/// Whether `==` holds: numbers by value, lists and maps by content, and what is of different kinds by its text.
///
/// Nothing equals the empty text, as API Gateway hands what is missing to templates as such.
pub(crate) fn equal(heap: &mut Heap, left: &Value, right: &Value) -> Result<bool, Fault> {
    equal_at(heap, left, right, 0)
}

fn equal_at(heap: &mut Heap, left: &Value, right: &Value, depth: usize) -> Result<bool, Fault> {
    heap.spend(1)?;
    if depth > MAX_DEPTH {
        return Err(Fault::limit("Values are nested too deeply to be compared"));
    }
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => text.is_empty(),
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => {
            heap.spend(a.len().min(b.len()) / 64)?;
            a == b
        }
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a == b {
                return Ok(true);
            }
            if heap.items(*a).len() != heap.items(*b).len() {
                return Ok(false);
            }
            heap.charge(size_of_val(heap.items(*a)))?;
            let (ours, theirs) = (heap.items(*a).to_vec(), heap.items(*b).to_vec());
            for (a, b) in ours.iter().zip(&theirs) {
                if !equal_at(heap, a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if a == b {
                return Ok(true);
            }
            if heap.len(*a) != heap.len(*b) {
                return Ok(false);
            }
            heap.charge(heap.len(*a) * size_of::<Value>())?;
            let ours: Vec<_> = heap.entries(*a).map(|(k, v)| (k.clone(), v.clone())).collect();
            for (key, value) in ours {
                let Some(other) = heap.get(*b, &key).cloned() else { return Ok(false) };
                if !equal_at(heap, &value, &other, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => match (left.number(), right.number()) {
            (Some(a), Some(b)) => a == b,
            _ => heap.display(left)? == heap.display(right)?,
        },
    })
}

/// How two numbers compare; nothing else does.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}
