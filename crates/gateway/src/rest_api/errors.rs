//! The service's own errors, in its words as far as they are known.

pub(super) use crate::errors::{absent, bad, too_many};

use tinderbox_base::Error;

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
