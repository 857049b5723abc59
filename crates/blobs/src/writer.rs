//! A blob that comes in pieces.

use crate::{BlobError, Digest, blocking, digest::Hasher, directory::Directory};
use bytes::Bytes;
use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    sync::Arc,
};
use tinderbox_base::Clock;

/// A blob being written. Dropped before [`BlobWriter::finish`], it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    limit: u64,
    length: u64,
    /// None before the first piece, and after an error.
    draft: Option<Draft>,
    failed: bool,
}

/// A file without a name among the blobs; removed when dropped.
#[derive(Debug)]
struct Draft {
    file: File,
    path: PathBuf,
    hasher: Hasher,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Already renamed when finished. What remains after a failure is removed when the directory is opened.
        fs::remove_file(&self.path).ok();
    }
}

impl BlobWriter {
    pub(crate) fn new(directory: Arc<Directory>, clock: Arc<dyn Clock>, limit: u64) -> Self {
        Self { directory, clock, limit, length: 0, draft: None, failed: false }
    }

    /// Adds `piece`. After an error, or when the call was abandoned, the blob cannot be finished.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), BlobError> {
        self.length = self.length.saturating_add(piece.len() as u64);
        if self.length > self.limit {
            self.failed = true;
            self.draft = None;
            return Err(BlobError::TooLarge(self.limit));
        }
        let draft = self.take()?;
        let directory = Arc::clone(&self.directory);
        let written = blocking(move || {
            let mut draft = draft.map_or_else(|| Draft::begin(&directory), Ok)?;
            draft.file.write_all(&piece)?;
            draft.hasher.update(&piece);
            Ok(draft)
        });
        let written = written.await;
        if let Err(error) = &written {
            self.directory.note(Some(error));
        }
        self.draft = Some(written?);
        self.failed = false;
        Ok(())
    }

    /// Stores what was written. When this returns, the blob survives loss of power.
    pub async fn finish(mut self) -> Result<Digest, BlobError> {
        let draft = self.take()?;
        let directory = Arc::clone(&self.directory);
        let now = self.clock.now();
        let finished = blocking(move || {
            let mut draft = draft.map_or_else(|| Draft::begin(&directory), Ok)?;
            let digest = std::mem::take(&mut draft.hasher).finish();
            directory.adopt(&draft.file, &draft.path, &digest, now)?;
            Ok(digest)
        })
        .await;
        self.directory.note(finished.as_ref().err());
        finished
    }

    /// The draft so far. Until the caller gives it back the writer counts as failed.
    fn take(&mut self) -> Result<Option<Draft>, BlobError> {
        if std::mem::replace(&mut self.failed, true) {
            return Err(BlobError::Io(std::io::Error::other("an earlier piece of the blob was not written")));
        }
        Ok(self.draft.take())
    }
}

impl Draft {
    fn begin(directory: &Directory) -> Result<Self, BlobError> {
        let (file, path) = directory.create()?;
        Ok(Self { file, path, hasher: Hasher::default() })
    }
}
