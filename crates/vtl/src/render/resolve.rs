//! Where references lead, and what `#set` changes.

use super::Renderer;
use crate::{
    Fault, Value, methods,
    syntax::{Access, Reference},
};
use std::sync::Arc;

impl Renderer<'_> {
    /// What a reference leads to; nothing if it leads nowhere.
    pub(super) fn reference(&mut self, reference: &Reference) -> Result<Value, Fault> {
        self.deeper(|renderer| {
            let value = renderer.scope.get(&reference.name);
            renderer.follow(value, &reference.tail, reference.at)
        })
    }

    fn follow(&mut self, mut value: Value, tail: &[Access], at: usize) -> Result<Value, Fault> {
        for access in tail {
            self.scope.heap.spend(1)?;
            if let Value::Block(block) = &value {
                let block = Arc::clone(block);
                value = self.captured(|renderer| renderer.block(&block))?;
            }
            value = match access {
                Access::Property(name) => {
                    self.at = at;
                    self.property(&value, name)?
                }
                Access::Method(name, arguments) => {
                    let arguments = self.all(arguments)?;
                    // Arguments move the place of an error; it is this call that comes now.
                    self.at = at;
                    self.method(&value, name, &arguments)?
                }
                Access::Index(index) => {
                    let index = self.evaluate(index)?;
                    self.index(&value, &index)?
                }
            };
        }
        Ok(value)
    }

    fn property(&mut self, value: &Value, name: &str) -> Result<Value, Fault> {
        if let Value::Loop(depth) = value {
            return Ok(self.of_loop(*depth, name));
        }
        methods::property(&mut self.scope.heap, value, name)
    }

    fn method(&mut self, value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
        if let Value::Loop(depth) = value {
            return Ok(if arguments.is_empty() { self.of_loop(*depth, name) } else { Value::Null });
        }
        methods::call(&mut self.scope.heap, value, name, arguments)
    }

    /// `[…]`: from the end if it is negative, and nothing beyond either end.
    fn index(&mut self, value: &Value, index: &Value) -> Result<Value, Fault> {
        let heap = &mut self.scope.heap;
        Ok(match (value, index) {
            (Value::List(id), Value::Int(n)) => {
                let items = heap.items(*id);
                methods::position(*n, items.len()).and_then(|n| items.get(n).cloned()).unwrap_or(Value::Null)
            }
            (Value::Map(id), key) => {
                let key = heap.key(key)?;
                heap.get(*id, &key).cloned().unwrap_or(Value::Null)
            }
            _ => Value::Null,
        })
    }

    /// Sets what a reference leads to. Nothing is not assigned, as Velocity has it: the old value stays.
    pub(super) fn assign(&mut self, target: &Reference, value: Value) -> Result<(), Fault> {
        self.at = target.at;
        if value.is_null() {
            return Ok(());
        }
        let Some((last, path)) = target.tail.split_last() else {
            self.scope.heap.spend(1)?;
            self.scope.variables.insert(Arc::clone(&target.name), value);
            return Ok(());
        };
        let root = self.scope.get(&target.name);
        let holder = self.deeper(|renderer| renderer.follow(root, path, target.at))?;
        let index = match last {
            Access::Property(name) => self.scope.heap.text(&**name)?,
            Access::Index(index) => self.evaluate(index)?,
            Access::Method(..) => return Ok(()),
        };
        let heap = &mut self.scope.heap;
        match (holder, index) {
            (Value::Map(id), key) => {
                let key = heap.key(&key)?;
                heap.put(id, key, value)?;
            }
            (Value::List(id), Value::Int(n)) => {
                let len = heap.items(id).len();
                let slot = methods::position(n, len).and_then(|n| heap.items_mut(id, 0).ok()?.get_mut(n));
                let slot =
                    slot.ok_or_else(|| Fault::method(format!("Index {n} out of bounds for length {len}")))?;
                *slot = value;
            }
            _ => {}
        }
        Ok(())
    }
}
