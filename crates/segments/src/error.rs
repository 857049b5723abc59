//! Why segments could not do as asked.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A failure of the files.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The disk or the file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The file was written by a newer version of the format.
    #[error("{} has format version {version}, which this program does not know", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u8,
    },
    /// The file is not what it should be, beyond what can be skipped.
    #[error("{}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// A record's body is longer than `MAX_BODY`.
    #[error("a record of {0} bytes is longer than a segment takes")]
    TooLong(usize),
    /// Files that are full wait to be sealed, more of them than there may be.
    #[error("{0} full segments wait to be sealed; nothing is appended until some are")]
    Behind(usize),
}

impl SegmentError {
    /// Names the file of an I/O error.
    pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |source| Self::Io { path: path.clone(), source }
    }

    /// Whether a file vanished: it was replaced by a rewritten one.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

impl From<SegmentError> for tinderbox_base::Error {
    fn from(error: SegmentError) -> Self {
        use tinderbox_base::{Error, ErrorKind};
        match &error {
            SegmentError::TooLong(_) => Error::new(ErrorKind::TooLarge, error.to_string()),
            SegmentError::Behind(_) => {
                Error::new(ErrorKind::Unavailable, "The disk cannot keep up.").because(error)
            }
            SegmentError::Io { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::StorageFull
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::QuotaExceeded
                ) =>
            {
                Error::new(ErrorKind::Unavailable, "The disk cannot be written now.").because(error)
            }
            SegmentError::Io { .. } | SegmentError::Newer { .. } | SegmentError::Damaged { .. } => {
                Error::internal(error)
            }
        }
    }
}
