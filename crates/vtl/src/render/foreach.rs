//! `#foreach`.

use super::{Loop, Renderer, block::Flow};
use crate::{
    Fault, MAX_ITERATIONS, Value,
    syntax::{Block, Expression},
};
use std::sync::Arc;

impl Renderer<'_> {
    pub(super) fn foreach(
        &mut self,
        name: &Arc<str>,
        over: &Expression,
        body: &Block,
    ) -> Result<Flow, Fault> {
        let over = self.evaluate(over)?;
        let (items, len) = self.elements(&over)?;
        let counter: Arc<str> = "foreach".into();
        let velocity: Arc<str> = "velocityCount".into();
        let before = [name, &counter, &velocity].map(|name| self.scope.variables.get(name).cloned());
        self.scope.loops.push(Loop { index: 0, len });
        let depth = self.scope.loops.len() - 1;
        let mut end = Ok(Flow::Next);
        for (index, item) in items.into_iter().enumerate() {
            if let Some(turn) = self.scope.loops.get_mut(depth) {
                turn.index = index;
            }
            self.scope.variables.insert(Arc::clone(name), item);
            self.scope.variables.insert(Arc::clone(&counter), Value::Loop(depth));
            let count = i64::try_from(index + 1).unwrap_or(i64::MAX);
            self.scope.variables.insert(Arc::clone(&velocity), Value::Int(count));
            match self.scope.heap.spend(1).and_then(|()| self.block(body)) {
                Ok(Flow::Next) => {}
                Ok(Flow::Break) => break,
                other => {
                    end = other;
                    break;
                }
            }
        }
        self.scope.loops.truncate(depth);
        let [item, foreach, count] = before;
        self.restore(name, item);
        self.restore(&counter, foreach);
        self.restore(&velocity, count);
        end
    }

    /// What a loop goes over: the elements of a list, the values of a map, nothing of anything else. The first
    /// are copied, so that the loop may change the list, and all are counted.
    fn elements(&mut self, over: &Value) -> Result<(Vec<Value>, usize), Fault> {
        let heap = &mut self.scope.heap;
        let (items, len): (Vec<Value>, usize) = match over {
            Value::List(id) => {
                let items = heap.items(*id);
                (items.iter().take(MAX_ITERATIONS).cloned().collect(), items.len())
            }
            Value::Map(id) => {
                let values = heap.entries(*id).map(|(_, value)| value.clone());
                (values.take(MAX_ITERATIONS).collect(), heap.len(*id))
            }
            _ => (Vec::new(), 0),
        };
        heap.spend(items.len() / 8)?;
        Ok((items, len))
    }

    /// A property of `$foreach`.
    pub(super) fn of_loop(&self, depth: usize, name: &str) -> Value {
        let Some(Loop { index, len }) = self.scope.loops.get(depth) else { return Value::Null };
        let number = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        match name {
            "index" | "getIndex" => number(*index),
            "count" | "getCount" => number(index + 1),
            "hasNext" => Value::Bool(index + 1 < *len),
            "first" | "isFirst" => Value::Bool(*index == 0),
            "last" | "isLast" => Value::Bool(index + 1 == *len),
            "parent" | "getParent" => depth.checked_sub(1).map_or(Value::Null, Value::Loop),
            "topmost" | "getTopmost" => Value::Loop(0),
            _ => Value::Null,
        }
    }
}
