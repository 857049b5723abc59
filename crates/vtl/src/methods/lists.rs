//! `java.util.List`.

use super::{found, int};
use crate::{Fault, Heap, ListId, Value, render::equal};

pub(super) fn call(heap: &mut Heap, id: ListId, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let len = heap.items(id).len();
    Ok(match (name, arguments) {
        ("size", []) => int(len),
        ("isEmpty", []) => Value::Bool(len == 0),
        ("get", [Value::Int(n)]) => {
            let at = place(*n, len)?;
            heap.items(id).get(at).cloned().unwrap_or(Value::Null)
        }
        ("add", [item]) => {
            heap.items_mut(id, 1)?.push(item.clone());
            Value::Bool(true)
        }
        ("add", [Value::Int(n), item]) => {
            let at = place(*n, len + 1)?;
            heap.spend(len - at)?;
            heap.items_mut(id, 1)?.insert(at, item.clone());
            Value::Null
        }
        ("addAll", [Value::List(other)]) => {
            heap.charge(size_of_val(heap.items(*other)))?;
            let items = heap.items(*other).to_vec();
            let changed = !items.is_empty();
            heap.items_mut(id, 0)?.extend(items);
            Value::Bool(changed)
        }
        ("set", [Value::Int(n), item]) => {
            let at = place(*n, len)?;
            let slot = heap.items_mut(id, 0)?.get_mut(at);
            slot.map_or(Value::Null, |slot| std::mem::replace(slot, item.clone()))
        }
        ("remove", [Value::Int(n)]) => {
            let at = place(*n, len)?;
            heap.spend(len - at)?;
            heap.items_mut(id, 0)?.remove(at)
        }
        ("remove", [item]) => {
            let at = find(heap, id, item)?;
            if let Some(at) = at {
                heap.items_mut(id, 0)?.remove(at);
            }
            Value::Bool(at.is_some())
        }
        ("clear", []) => {
            heap.items_mut(id, 0)?.clear();
            Value::Null
        }
        ("contains", [item]) => Value::Bool(find(heap, id, item)?.is_some()),
        ("containsAll", [Value::List(other)]) => {
            let wanted = copy(heap, *other)?;
            for item in &wanted {
                if find(heap, id, item)?.is_none() {
                    return Ok(Value::Bool(false));
                }
            }
            Value::Bool(true)
        }
        ("removeAll", [Value::List(other)]) => retain(heap, id, *other, false)?,
        ("retainAll", [Value::List(other)]) => retain(heap, id, *other, true)?,
        ("indexOf", [item]) => found(find(heap, id, item)?),
        ("lastIndexOf", [item]) => {
            let items = copy(heap, id)?;
            for (at, own) in items.iter().enumerate().rev() {
                if same(heap, own, item)? {
                    return Ok(int(at));
                }
            }
            found(None)
        }
        ("subList", [Value::Int(from), Value::Int(to)]) => {
            let (from, to) = (place(*from, len + 1)?, place(*to, len + 1)?);
            let part = heap.items(id).get(from..to).ok_or_else(|| beyond(from, to))?.to_vec();
            heap.list(part)?
        }
        ("toArray" | "iterator" | "stream", []) => Value::List(id),
        _ => Value::Null,
    })
}

fn copy(heap: &mut Heap, id: ListId) -> Result<Vec<Value>, Fault> {
    heap.charge(size_of_val(heap.items(id)))?;
    Ok(heap.items(id).to_vec())
}

/// Whether two elements are equal as Java's `equals` has it: never if they are of different kinds.
fn same(heap: &mut Heap, a: &Value, b: &Value) -> Result<bool, Fault> {
    Ok(std::mem::discriminant(a) == std::mem::discriminant(b) && equal(heap, a, b)?)
}

fn find(heap: &mut Heap, id: ListId, wanted: &Value) -> Result<Option<usize>, Fault> {
    for at in 0..heap.items(id).len() {
        let Some(item) = heap.items(id).get(at).cloned() else { break };
        if same(heap, &item, wanted)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn retain(heap: &mut Heap, id: ListId, other: ListId, keep: bool) -> Result<Value, Fault> {
    let mut kept = Vec::new();
    let items = copy(heap, id)?;
    for item in &items {
        if find(heap, other, item)?.is_some() == keep {
            kept.push(item.clone());
        }
    }
    let changed = kept.len() != items.len();
    *heap.items_mut(id, 0)? = kept;
    Ok(Value::Bool(changed))
}

/// Index `n` of `len` elements, or what Java throws.
fn place(n: i64, len: usize) -> Result<usize, Fault> {
    let place = usize::try_from(n).ok().filter(|n| *n < len);
    place.ok_or_else(|| Fault::method(format!("Index {n} out of bounds for length {len}")))
}

fn beyond(from: usize, to: usize) -> Fault {
    Fault::method(format!("fromIndex({from}) > toIndex({to})"))
}
