//! Steps over values.

use super::Step;
use crate::{Fault, Heap, Key, Value, limits::MAX_DEPTH, methods::position};

/// What `steps` lead to from `start`, in order.
pub(super) fn walk(
    heap: &mut Heap,
    steps: &[Step],
    root: &Value,
    start: &Value,
) -> Result<Vec<Value>, Fault> {
    let mut here = vec![start.clone()];
    for step in steps {
        let mut next = Vec::new();
        for value in &here {
            heap.spend(match step {
                Step::Members(names) => names.len(),
                Step::Indexes(indexes) => indexes.len(),
                _ => 1,
            })?;
            take(heap, step, root, value, &mut next)?;
        }
        heap.charge(size_of_val(next.as_slice()))?;
        here = next;
    }
    Ok(here)
}

fn take(
    heap: &mut Heap,
    step: &Step,
    root: &Value,
    value: &Value,
    next: &mut Vec<Value>,
) -> Result<(), Fault> {
    match (step, value) {
        (Step::Members(names), Value::Map(id)) => {
            let found = names.iter().filter_map(|name| heap.get(*id, &Key::from(&**name)));
            next.extend(found.cloned());
        }
        (Step::Indexes(indexes), Value::List(id)) => {
            let items = heap.items(*id);
            let found = indexes.iter().filter_map(|n| items.get(position(*n, items.len())?));
            next.extend(found.cloned());
        }
        (Step::Slice(from, to, step), Value::List(id)) => {
            let items = heap.items(*id);
            let edge = |n: i64| match usize::try_from(n) {
                Ok(n) => n.min(items.len()),
                Err(_) => items.len().saturating_sub(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX)),
            };
            let (from, to) = (from.map_or(0, edge), to.map_or(items.len(), edge));
            let part: Vec<Value> =
                items.get(from..to).unwrap_or_default().iter().step_by(*step).cloned().collect();
            heap.charge(size_of_val(part.as_slice()))?;
            next.extend(part);
        }
        (Step::Any, _) => next.extend(children(heap, value)?),
        (Step::Deep, _) => descend(heap, value, next, 0)?,
        (Step::Filter(filter), Value::List(_) | Value::Map(_)) => {
            // A filter looks at each element of a list, and at a map itself.
            let looked_at = match value {
                Value::List(_) => children(heap, value)?,
                _ => vec![value.clone()],
            };
            for item in looked_at {
                if filter.holds(heap, root, &item)? {
                    next.push(item);
                }
            }
        }
        (Step::Length, Value::List(_) | Value::Map(_) | Value::Text(_)) => {
            let len = match value {
                Value::List(id) => heap.items(*id).len(),
                Value::Map(id) => heap.len(*id),
                Value::Text(text) => text.encode_utf16().count(),
                _ => 0,
            };
            next.push(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)));
        }
        _ => {}
    }
    Ok(())
}

fn children(heap: &mut Heap, value: &Value) -> Result<Vec<Value>, Fault> {
    let children: Vec<Value> = match value {
        Value::List(id) => heap.items(*id).to_vec(),
        Value::Map(id) => heap.entries(*id).map(|(_, value)| value.clone()).collect(),
        _ => Vec::new(),
    };
    heap.charge(size_of_val(children.as_slice()))?;
    Ok(children)
}

/// A value and all inside it, outside first. Values in texts and numbers are nothing to go into.
fn descend(heap: &mut Heap, value: &Value, found: &mut Vec<Value>, depth: usize) -> Result<(), Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::limit("A value is nested too deeply to be searched"));
    }
    if !matches!(value, Value::List(_) | Value::Map(_)) {
        return Ok(());
    }
    found.push(value.clone());
    for child in children(heap, value)? {
        descend(heap, &child, found, depth + 1)?;
    }
    Ok(())
}
