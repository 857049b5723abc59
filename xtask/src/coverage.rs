//! COVERAGE.md.

use crate::Result;
use std::path::Path;

pub(crate) fn run(_root: &Path, _check: bool) -> Result<()> {
    Ok(())
}
