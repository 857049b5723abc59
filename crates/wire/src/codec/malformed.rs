//! Requests that do not have the form that protocol and shapes demand.

use crate::schema::{Kind, Shape};

/// Why a request could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A token of one kind where the shape is of another.
    Wrong { token: &'static str, expected: &'static str },
    /// Anything else.
    Other(String),
}

impl Malformed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Other(message.into())
    }

    /// `token` (as AWS calls it, such as `NUMBER_VALUE`) cannot become `shape`.
    pub(crate) fn wrong(token: &'static str, shape: &Shape) -> Self {
        let expected = match shape.kind {
            Kind::String(_) => "String",
            Kind::Blob => "Blob",
            Kind::Boolean => "Boolean",
            Kind::Integer => "Integer",
            Kind::Long => "Long",
            Kind::Double => "Double",
            Kind::Timestamp(_) => "Timestamp",
            Kind::List { .. } => "List",
            Kind::Map { .. } => "Map",
            Kind::Structure(_) | Kind::Union(_) => "Structure",
            Kind::Document => "Document",
        };
        Self::Wrong { token, expected }
    }

    pub(crate) fn list_unexpected() -> Self {
        Self::new("Start of list found where not expected")
    }

    pub(crate) fn structure_unexpected() -> Self {
        Self::new("Start of structure or map found where not expected")
    }

    /// The message. REST services word the commonest one differently from the others.
    pub(crate) fn message(&self, rest: bool) -> String {
        match self {
            Self::Other(message) => message.clone(),
            Self::Wrong { token, expected } if rest => {
                let article = if expected.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
                format!("{token} can not be converted to {article} {expected}")
            }
            Self::Wrong { token, expected } => format!("{token} cannot be converted to {expected}"),
        }
    }
}
