//! Deployment packages: a zip that a caller sent, checked whole before anything of it is written.
//!
//! A package is hostile until proven otherwise. Every bound has a name here and a test that hits it.

mod extract;
mod path;
mod plan;
#[cfg(test)]
mod tests;

pub use plan::Plan;

use crate::errors;
use tinderbox_base::Error;

/// Most bytes of a zip sent in a request (Lambda quotas: 50 MB, zipped, for direct upload).
pub const MAX_ZIPPED: usize = 52_428_800;
/// Most bytes of all its files together (Lambda quotas: 250 MB, unzipped).
pub const MAX_UNZIPPED: u64 = 262_144_000;
/// Most files, links and directories, those included that only a longer path names.
pub const MAX_ENTRIES: usize = 100_000;
/// Longest path of an entry, in bytes; with the data directory before it, it stays below Linux's 4,096.
pub const MAX_PATH: usize = 2048;
/// Longest name within a path, in bytes: that of every common file system of Linux.
pub const MAX_NAME: usize = 255;
/// Most names in a path.
pub const MAX_DEPTH: usize = 100;

const CORRUPT: &str = "Could not unzip uploaded file. Please check your file, then try to upload again.";

/// Why a package is refused.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No bytes, or a zip without entries.
    #[error("Uploaded file must be a non-empty zip")]
    Empty,
    /// The zip itself is larger than [`MAX_ZIPPED`].
    #[error("Zipped size must be smaller than {MAX_ZIPPED} bytes")]
    TooLargeZipped,
    /// Its files are larger than [`MAX_UNZIPPED`], whatever the zip claims about them.
    #[error("Unzipped size must be smaller than {MAX_UNZIPPED} bytes")]
    TooLargeUnzipped,
    /// Not a zip, or a damaged or unusual one.
    #[error("{CORRUPT}")]
    Corrupt(#[source] Option<zip::result::ZipError>),
    /// One entry is not acceptable.
    #[error("{CORRUPT} Entry '{name}' {reason}.")]
    Entry {
        /// The entry's name, cut short.
        name: String,
        /// What is wrong with it, as the end of a sentence.
        reason: &'static str,
    },
    /// More entries than [`MAX_ENTRIES`].
    #[error("{CORRUPT} It has more than {MAX_ENTRIES} entries.")]
    TooManyEntries,
    /// The code directory cannot be written: our fault, not the package's.
    #[error("the package cannot be unpacked: {0}")]
    Io(#[from] std::io::Error),
}

impl Fault {
    fn entry(name: &str, reason: &'static str) -> Self {
        Self::Entry { name: name.chars().take(200).collect(), reason }
    }
}

impl From<zip::result::ZipError> for Fault {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Corrupt(Some(error))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLargeZipped => errors::entity_too_large(fault.to_string()),
            Fault::Io(_) => Error::internal(fault),
            Fault::Empty
            | Fault::TooLargeUnzipped
            | Fault::Corrupt(_)
            | Fault::Entry { .. }
            | Fault::TooManyEntries => errors::invalid_parameter(fault.to_string()).because(fault),
        }
    }
}
