//! From a tree and a scope to text.

mod arithmetic;
mod block;
mod compare;
mod evaluate;
mod foreach;
mod resolve;

use crate::{Error, Fault, Heap, Limits, Template, Value, limits::MAX_DEPTH};
use block::Flow;
pub(crate) use compare::equal;
use std::{collections::HashMap, sync::Arc};

/// The variables of one rendering, over the heap that holds their lists and maps.
///
/// After the rendering it still holds what the template has set.
#[derive(Default)]
pub struct Scope {
    /// The lists and maps.
    pub heap: Heap,
    variables: HashMap<Arc<str>, Value>,
    loops: Vec<Loop>,
}

/// Where a `#foreach` is.
struct Loop {
    index: usize,
    len: usize,
}

impl Scope {
    /// A scope without variables.
    pub fn new(limits: Limits) -> Self {
        Self { heap: Heap::new(limits), ..Self::default() }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.into(), value);
    }

    /// A variable's value; [`Value::Null`] if it is not set.
    pub fn get(&self, name: &str) -> Value {
        self.variables.get(name).cloned().unwrap_or(Value::Null)
    }
}

impl Template {
    /// Renders the template.
    pub fn render(&self, scope: &mut Scope) -> Result<String, Error> {
        let mut renderer = Renderer { template: self, scope, out: String::new(), depth: 0, at: 0 };
        let done = renderer.block(&self.body);
        let at = renderer.at;
        let out = std::mem::take(&mut renderer.out);
        match done {
            Ok(Flow::Next | Flow::Break | Flow::Stop) => Ok(out),
            Err(fault) => Err(Error::at(&self.source, at, fault)),
        }
    }
}

/// One rendering.
struct Renderer<'a> {
    template: &'a Template,
    scope: &'a mut Scope,
    out: String,
    depth: usize,
    /// The byte of the source where the last reference or directive began: where an error arose.
    at: usize,
}

impl Renderer<'_> {
    /// Does `work` one level deeper.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::limit(format!("The template runs deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    fn write(&mut self, text: &str) -> Result<(), Fault> {
        let limit = self.scope.heap.limits().output;
        if self.out.len() + text.len() > limit {
            return Err(Fault::limit(format!("The output is larger than {limit} bytes")));
        }
        self.scope.heap.spend(1 + text.len() / 64)?;
        self.out.push_str(text);
        Ok(())
    }

    /// What `work` writes, as a text of its own.
    fn captured(&mut self, work: impl FnOnce(&mut Self) -> Result<Flow, Fault>) -> Result<Value, Fault> {
        let outer = std::mem::take(&mut self.out);
        let done = work(self);
        let inner = std::mem::replace(&mut self.out, outer);
        done?;
        self.scope.heap.text(inner)
    }
}

#[cfg(test)]
mod tests;
