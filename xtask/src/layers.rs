//! Which crate may use which.

use crate::Result;
use std::path::Path;

pub(crate) fn run(_root: &Path) -> Result<()> {
    Ok(())
}
