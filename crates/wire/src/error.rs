//! What a handler may fail with.

use crate::{Mismatch, Value};
use std::borrow::Cow;
use tinderbox_base::{Error, ErrorKind};

/// The failure of an operation, before a protocol gives it its form.
#[derive(Clone, Debug)]
pub enum ServiceError {
    /// An error of the service's model, with all its members.
    Modeled {
        /// The name of its shape.
        name: &'static str,
        /// Its members.
        value: Value,
    },
    /// An error of a lower layer; its code, or else its kind, decides the service's code.
    Plain(Error),
    /// A code that no model has, such as `ValidationException`, with its status.
    Coded {
        /// The code.
        code: Cow<'static, str>,
        /// The HTTP status.
        status: u16,
        /// What the caller reads.
        message: String,
    },
}

impl ServiceError {
    /// An error of the model.
    pub fn modeled(name: &'static str, value: Value) -> Self {
        Self::Modeled { name, value }
    }

    /// An error that is in no model.
    pub fn coded(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<String>) -> Self {
        Self::Coded { code: code.into(), status, message: message.into() }
    }

    /// The answer to an operation that the model has and we have not.
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        Error::new(
            ErrorKind::NotImplemented,
            format!("Tinderbox does not implement the operation {operation} of {service}."),
        )
        .into()
    }
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        Self::Plain(error)
    }
}

impl From<Mismatch> for ServiceError {
    fn from(mismatch: Mismatch) -> Self {
        Self::Plain(Error::internal(mismatch))
    }
}
