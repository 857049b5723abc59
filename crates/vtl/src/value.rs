//! What expressions evaluate to.

use crate::{ListId, MapId, Object, syntax::Block};
use std::{fmt, rc::Rc, sync::Arc};

/// A value. Lists and maps are names of what the [`Heap`](crate::Heap) holds, so copies share their content.
#[derive(Clone)]
pub enum Value {
    /// Nothing: a reference that leads nowhere.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(Rc<str>),
    /// A list.
    List(ListId),
    /// A map.
    Map(MapId),
    /// One entry of a map.
    Entry(Rc<Entry>),
    /// Something of the host's.
    Object(Rc<dyn Object>),
    /// What `#define` kept.
    Block(Arc<Block>),
    /// `$foreach` of the loop that is this deep, counted from 0.
    Loop(usize),
}

/// One entry of a map, as `entrySet()` gives it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// Its value.
    pub value: Value,
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A text.
    Text(Rc<str>),
    /// A whole number.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
}

impl Key {
    /// The key as a value.
    pub fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(Rc::clone(text)),
            Self::Int(n) => Value::Int(*n),
            Self::Bool(b) => Value::Bool(*b),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(n) => write!(f, "{n}"),
            Self::Bool(b) => write!(f, "{b}"),
        }
    }
}

impl Value {
    /// Whether it counts as true: all but nothing and `false`, as Velocity 1.7 has it.
    pub fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "Java compares a long with a double this way too")]
            Self::Int(n) => Some(*n as f64),
            Self::Float(x) => Some(*x),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(x) => write!(f, "{x}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(id) => write!(f, "{id:?}"),
            Self::Map(id) => write!(f, "{id:?}"),
            Self::Entry(entry) => write!(f, "{entry:?}"),
            Self::Object(_) => f.write_str("object"),
            Self::Block(_) => f.write_str("block"),
            Self::Loop(depth) => write!(f, "loop {depth}"),
        }
    }
}
