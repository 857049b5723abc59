//! What a host offers to a template beyond data.

use crate::{Fault, Heap, Value};

/// Something of the host's with properties and methods, such as `$input`.
pub trait Object {
    /// The property `name`; [`Value::Null`] if there is none.
    fn property(&self, name: &str, heap: &mut Heap) -> Result<Value, Fault>;

    /// Calls the method `name`; [`Value::Null`] if there is none that takes such arguments.
    fn call(&self, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Fault>;

    /// What it is as text.
    fn text(&self) -> String {
        String::new()
    }
}
