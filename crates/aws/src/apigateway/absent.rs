//! What the API has and the platform has not.

use tinderbox_base::{Error, ErrorKind};
use tinderbox_wire::Result;

/// Refuses a request that asks for the first of `wanted` that is.
pub(super) fn check(wanted: &[(&str, bool)]) -> Result<()> {
    match wanted.iter().find(|(_, asked)| *asked) {
        Some((what, _)) => {
            let text = format!("Tinderbox does not implement {what} of API Gateway.");
            Err(Error::new(ErrorKind::NotImplemented, text).into())
        }
        None => Ok(()),
    }
}
