//! The service's own errors, in its words as far as they are known.

pub(super) use crate::errors::{absent, bad, too_many};

use tinderbox_base::Error;

/// What is named by `what` (`API`, `Route`, `Integration`, …) does not exist.
pub(super) fn missing(what: &str, id: &str) -> Error {
    Error::not_found(format!("Invalid {what} identifier specified {id}"))
}
