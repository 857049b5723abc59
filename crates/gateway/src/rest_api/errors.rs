//! The service's own errors, in its words as far as they are known.

use tinderbox_base::{Error, ErrorKind};

pub(super) fn api(account: &str, id: &str) -> Error {
    Error::not_found(format!("Invalid API identifier specified {account}:{id}"))
}

/// What is named by `what` (`Resource`, `Method`, `Deployment`, …) does not exist.
pub(super) fn missing(what: &str) -> Error {
    Error::not_found(format!("Invalid {what} identifier specified"))
}

pub(super) fn stage() -> Error {
    Error::not_found("Invalid stage identifier specified")
}

pub(super) fn response_code() -> Error {
    Error::not_found("Invalid Response status code specified")
}

pub(super) fn usage_plan() -> Error {
    Error::not_found("Invalid Usage Plan ID specified")
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
