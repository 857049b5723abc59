//! Why a blob could not be stored or read.

use crate::Digest;
use std::{io, path::PathBuf};
use tinderbox_base::{Error, ErrorKind};

/// Why a blob could not be stored or read. That there is none is not among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The content on disk is not what its name says.
    #[error("the blob {0} is damaged")]
    Corrupt(Digest),
    /// More came than the limit given to the writer, in bytes.
    #[error("the content exceeds {0} bytes")]
    TooLarge(u64),
    /// The disk is full or read-only. Nothing was stored; a later attempt may succeed.
    #[error("blobs cannot be written: {0}")]
    Unwritable(io::Error),
    /// Another process has the directory open.
    #[error("{0} is in use by another process")]
    Locked(PathBuf),
    /// Any other failure of the medium.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem | Kind::FileTooLarge => {
                Self::Unwritable(error)
            }
            _ => Self::Io(error),
        }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge(_) => Self::new(ErrorKind::TooLarge, error.to_string()),
            BlobError::Unwritable(_) => {
                Self::new(ErrorKind::Unavailable, "The store cannot write now.").because(error)
            }
            BlobError::Corrupt(_) | BlobError::Locked(_) | BlobError::Io(_) => Self::internal(error),
        }
    }
}
