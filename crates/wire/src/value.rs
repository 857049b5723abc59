//! The tree between bytes and types: what a codec reads into and writes from.

use bytes::Bytes;
use tinderbox_base::Timestamp;

/// Data of some shape.
///
/// `Null` stands for a member that is absent as well as for an explicit null: AWS does not tell them apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Blob(Bytes),
    /// A moment.
    Timestamp(Timestamp),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order it came.
    Map(Vec<(String, Value)>),
    /// A structure or union: one value for each member of its schema, in that order.
    Struct(Vec<Value>),
    /// Any JSON.
    Document(serde_json::Value),
}

impl Value {
    /// Whether there is nothing.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The member at `index` of a structure; `Null` when it is absent or this is none.
    pub fn member(&self, index: usize) -> &Value {
        const NULL: &Value = &Value::Null;
        match self {
            Self::Struct(members) => members.get(index).unwrap_or(NULL),
            _ => NULL,
        }
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}
