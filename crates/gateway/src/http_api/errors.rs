//! The service's own errors, in its words as far as they are known.

use tinderbox_base::{Error, ErrorKind};

/// What is named by `what` (`API`, `Route`, `Integration`, …) does not exist.
pub(super) fn missing(what: &str, id: &str) -> Error {
    Error::not_found(format!("Invalid {what} identifier specified {id}"))
}

pub(super) fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid(message)
}

/// A part of the service's API that is not there, by its name.
pub(super) fn absent(what: &str) -> Error {
    Error::new(ErrorKind::NotImplemented, format!("Tinderbox does not implement {what} of API Gateway."))
}

/// More than an account or API may have.
pub(super) fn too_many(what: &str, limit: usize) -> Error {
    Error::new(ErrorKind::Quota, format!("Maximum number of {what} has been reached: {limit}"))
}
