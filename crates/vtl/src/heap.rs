//! The lists and maps of one rendering, and what it has spent.

use crate::{Fault, Key, Limits, Value};
use indexmap::IndexMap;
use std::rc::Rc;

/// The name of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListId(usize);

/// The name of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapId(usize);

/// Bytes that an element of a list or map counts for.
const ELEMENT_BYTES: usize = 32;

pub(crate) struct List {
    pub(crate) items: Vec<Value>,
    /// Whether it came from JSON; then it is written as JSON.
    pub(crate) json: bool,
}

/// The lists and maps of one rendering. They live as long as it does, so that a list may hold itself.
pub struct Heap {
    lists: Vec<List>,
    maps: Vec<IndexMap<Key, Value>>,
    limits: Limits,
    steps: u64,
    memory: usize,
}

impl Default for Heap {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Heap {
    /// An empty heap.
    pub fn new(limits: Limits) -> Self {
        Self { lists: Vec::new(), maps: Vec::new(), limits, steps: 0, memory: 0 }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts `n` steps.
    pub fn spend(&mut self, n: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(n as u64);
        if self.steps > self.limits.steps {
            return Err(Fault::limit(format!("The template takes more than {} steps", self.limits.steps)));
        }
        Ok(())
    }

    /// Counts `bytes` made.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.memory = self.memory.saturating_add(bytes);
        if self.memory > self.limits.memory {
            let message = format!("The template makes more than {} bytes of values", self.limits.memory);
            return Err(Fault::limit(message));
        }
        self.spend(bytes / 64)
    }

    /// A text.
    pub fn text(&mut self, text: impl Into<Rc<str>>) -> Result<Value, Fault> {
        let text = text.into();
        self.charge(text.len())?;
        Ok(Value::Text(text))
    }

    /// A new list.
    pub fn list(&mut self, items: Vec<Value>) -> Result<Value, Fault> {
        self.add_list(items, false)
    }

    /// A new list that is written as JSON.
    pub fn json_list(&mut self, items: Vec<Value>) -> Result<Value, Fault> {
        self.add_list(items, true)
    }

    fn add_list(&mut self, items: Vec<Value>, json: bool) -> Result<Value, Fault> {
        self.charge((items.len() + 1) * ELEMENT_BYTES)?;
        self.lists.push(List { items, json });
        Ok(Value::List(ListId(self.lists.len() - 1)))
    }

    /// A new map, in the order of its entries.
    pub fn map(&mut self, entries: impl IntoIterator<Item = (Key, Value)>) -> Result<Value, Fault> {
        let entries: IndexMap<Key, Value> = entries.into_iter().collect();
        self.charge((entries.len() + 1) * ELEMENT_BYTES)?;
        self.maps.push(entries);
        Ok(Value::Map(MapId(self.maps.len() - 1)))
    }

    /// The elements of a list.
    pub fn items(&self, id: ListId) -> &[Value] {
        self.lists.get(id.0).map_or(&[], |list| &list.items)
    }

    pub(crate) fn is_json(&self, id: ListId) -> bool {
        self.lists.get(id.0).is_some_and(|list| list.json)
    }

    /// The elements of a list, to be changed; `added` of them are about to be added.
    pub(crate) fn items_mut(&mut self, id: ListId, added: usize) -> Result<&mut Vec<Value>, Fault> {
        self.charge(added * ELEMENT_BYTES)?;
        let list =
            self.lists.get_mut(id.0).ok_or_else(|| Fault::method("The list is of another template"))?;
        Ok(&mut list.items)
    }

    /// `value` as a key: what is no number, text or truth by its text.
    pub fn key(&mut self, value: &Value) -> Result<Key, Fault> {
        Ok(match value {
            Value::Int(n) => Key::Int(*n),
            Value::Bool(b) => Key::Bool(*b),
            other => Key::Text(self.display(other)?),
        })
    }

    /// What the map has at `key`.
    pub fn get(&self, id: MapId, key: &Key) -> Option<&Value> {
        self.maps.get(id.0)?.get(key)
    }

    /// Puts `value` into the map, and gives back what it replaces.
    pub fn put(&mut self, id: MapId, key: Key, value: Value) -> Result<Option<Value>, Fault> {
        self.charge(ELEMENT_BYTES)?;
        Ok(self.maps.get_mut(id.0).and_then(|map| map.insert(key, value)))
    }

    pub(crate) fn remove(&mut self, id: MapId, key: &Key) -> Result<Option<Value>, Fault> {
        let len = self.len(id);
        self.spend(len)?;
        Ok(self.maps.get_mut(id.0).and_then(|map| map.shift_remove(key)))
    }

    pub(crate) fn clear(&mut self, id: MapId) {
        if let Some(map) = self.maps.get_mut(id.0) {
            map.clear();
        }
    }

    pub(crate) fn len(&self, id: MapId) -> usize {
        self.maps.get(id.0).map_or(0, IndexMap::len)
    }

    /// The entries of a map, in order.
    pub fn entries(&self, id: MapId) -> impl Iterator<Item = (&Key, &Value)> {
        self.maps.get(id.0).into_iter().flatten()
    }
}
