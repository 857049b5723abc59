//! Requests that do not have the form that protocol and shapes demand.

use crate::schema::{Kind, Protocol, Shape};

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
            // What Athena (awsJson) and SES (restJson) were measured to say of a scalar in the place of these.
            Kind::List { .. } => return Self::new("Expected list or null"),
            Kind::Map { .. } => return Self::new("Expected map or null"),
            Kind::Structure(_) | Kind::Union(_) => return Self::new("Expected null"),
            Kind::String(_) => "String",
            Kind::Blob => "Blob",
            Kind::Boolean => "Boolean",
            Kind::Integer => "Integer",
            Kind::Long => "Long",
            Kind::Double => "Double",
            Kind::Timestamp(_) => "Timestamp",
            Kind::Document => "Document",
        };
        Self::Wrong { token, expected }
    }

    pub(crate) fn list_unexpected() -> Self {
        Self::new("Start of list found where not expected")
    }

    pub(crate) fn structure_unexpected() -> Self {
        Self::new("Start of structure or map found where not expected.")
    }

    /// The message. DynamoDB, which speaks awsJson 1.0, words the commonest one differently from the others.
    pub(crate) fn message(&self, protocol: Protocol) -> String {
        match self {
            Self::Other(message) => message.clone(),
            Self::Wrong { token, expected } if protocol == Protocol::AwsJson1_0 => {
                format!("{token} cannot be converted to {expected}")
            }
            Self::Wrong { token, expected } => {
                let article = if expected.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
                format!("{token} can not be converted to {article} {expected}")
            }
        }
    }
}
