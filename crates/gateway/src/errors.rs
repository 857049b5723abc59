//! Errors that both kinds of API have, in the service's words as far as they are known.

use std::borrow::Cow;
use tinderbox_base::{Error, ErrorKind};

/// What was asked for is none that can be.
pub(crate) fn bad(message: impl Into<Cow<'static, str>>) -> Error {
    Error::invalid(message)
}

/// A part of the service's API that is not there, by its name.
pub(crate) fn absent(what: &str) -> Error {
    Error::new(ErrorKind::NotImplemented, format!("Tinderbox does not implement {what} of API Gateway."))
}

/// More than an account or API may have.
pub(crate) fn too_many(what: &str, limit: usize) -> Error {
    Error::new(ErrorKind::Quota, format!("Maximum number of {what} has been reached: {limit}"))
}

/// An ARN that names nothing of this service.
pub(crate) fn wrong_arn() -> Error {
    bad("Invalid ARN specified in the request")
}
