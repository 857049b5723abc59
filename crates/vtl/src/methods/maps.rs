//! `java.util.Map`. Its sets are lists here: they have the same methods and are written the same.

use super::int;
use crate::{Entry, Fault, Heap, Key, MapId, Value, render::equal};
use std::rc::Rc;

pub(super) fn call(heap: &mut Heap, id: MapId, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let len = heap.len(id);
    Ok(match (name, arguments) {
        ("size", []) => int(len),
        ("isEmpty", []) => Value::Bool(len == 0),
        ("get", [key]) => at(heap, id, key)?.unwrap_or(Value::Null),
        ("getOrDefault", [key, other]) => at(heap, id, key)?.unwrap_or_else(|| other.clone()),
        ("containsKey", [key]) => Value::Bool(at(heap, id, key)?.is_some()),
        ("containsValue", [wanted]) => {
            for (_, value) in copy(heap, id)? {
                if equal(heap, &value, wanted)? {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        ("put", [key, value]) => {
            let key = heap.key(key)?;
            heap.put(id, key, value.clone())?.unwrap_or(Value::Null)
        }
        ("putIfAbsent", [key, value]) => match at(heap, id, key)? {
            Some(there) => there,
            None => {
                let key = heap.key(key)?;
                heap.put(id, key, value.clone())?.unwrap_or(Value::Null)
            }
        },
        ("putAll", [Value::Map(other)]) => {
            for (key, value) in copy(heap, *other)? {
                heap.put(id, key, value)?;
            }
            Value::Null
        }
        ("remove", [key]) => {
            let key = heap.key(key)?;
            heap.remove(id, &key)?.unwrap_or(Value::Null)
        }
        ("clear", []) => {
            heap.clear(id);
            Value::Null
        }
        ("keySet", []) => {
            let keys = heap.entries(id).map(|(key, _)| key.value()).collect();
            heap.list(keys)?
        }
        ("values", []) => {
            let values = heap.entries(id).map(|(_, value)| value.clone()).collect();
            heap.list(values)?
        }
        ("entrySet", []) => {
            let entry = |(key, value)| Value::Entry(Rc::new(Entry { key, value }));
            let entries = copy(heap, id)?.into_iter().map(entry).collect();
            heap.list(entries)?
        }
        _ => Value::Null,
    })
}

fn at(heap: &mut Heap, id: MapId, key: &Value) -> Result<Option<Value>, Fault> {
    let key = heap.key(key)?;
    Ok(heap.get(id, &key).cloned())
}

fn copy(heap: &mut Heap, id: MapId) -> Result<Vec<(Key, Value)>, Fault> {
    heap.charge(heap.len(id) * 2 * size_of::<Value>())?;
    Ok(heap.entries(id).map(|(key, value)| (key.clone(), value.clone())).collect())
}
