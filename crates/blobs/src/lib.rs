//! Bulk bytes by the digest of their content: code packages and large payloads.
//!
//! A blob is durable, file and name, before its digest is returned; so what a commit names is there.
//! Nothing here knows who names a blob: the caller of [`Blobs::sweep`] tells.

mod digest;
mod directory;
mod error;
mod sweep;
mod writer;

pub use digest::{Digest, ParseDigestError};
pub use error::BlobError;
pub use sweep::{GRACE, Swept};
pub use writer::BlobWriter;

use bytes::Bytes;
use directory::Directory;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use tinderbox_base::Clock;

/// How much of a blob is read at a time while its digest is checked, in bytes.
const CHUNK: usize = 256 << 10;

/// A directory of blobs. Clones share it.
#[derive(Clone, Debug)]
pub struct Blobs {
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
}

impl Blobs {
    /// Opens the blobs in `dir`, making the directory when there is none.
    ///
    /// Files that a crash left half written are removed. `clock` is what the grace of [`Blobs::sweep`] is
    /// measured by.
    pub fn open(dir: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, BlobError> {
        Ok(Self { directory: Arc::new(Directory::open(dir.as_ref())?), clock })
    }

    /// Stores `content`. When this returns, the blob survives loss of power.
    ///
    /// Storing the same content again replaces the file, which mends a damaged one and renews its grace.
    pub async fn put(&self, content: Bytes) -> Result<Digest, BlobError> {
        let mut writer = self.writer(content.len() as u64);
        writer.write(content).await?;
        writer.finish().await
    }

    /// Begins a blob of at most `limit` bytes that comes in pieces.
    pub fn writer(&self, limit: u64) -> BlobWriter {
        BlobWriter::new(Arc::clone(&self.directory), Arc::clone(&self.clock), limit)
    }

    /// The content of `digest`, checked against it; none if there is no such blob.
    pub async fn get(&self, digest: &Digest) -> Result<Option<Bytes>, BlobError> {
        let Some(mut file) = self.open_blob(digest)? else { return Ok(None) };
        let digest = *digest;
        blocking(move || {
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            if Digest::of(&content) == digest {
                Ok(Some(content.into()))
            } else {
                Err(BlobError::Corrupt(digest))
            }
        })
        .await
    }

    /// Reads `digest` through and checks it; false if there is no such blob.
    pub async fn verify(&self, digest: &Digest) -> Result<bool, BlobError> {
        let Some(mut file) = self.open_blob(digest)? else { return Ok(false) };
        let digest = *digest;
        blocking(move || {
            let (mut hasher, mut chunk) = (digest::Hasher::default(), vec![0; CHUNK]);
            loop {
                match file.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(read) => hasher.update(&chunk[..read]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if hasher.finish() == digest { Ok(true) } else { Err(BlobError::Corrupt(digest)) }
        })
        .await
    }

    /// The file of `digest`, not checked; none if there is no such blob. It stays readable when swept.
    pub fn open_blob(&self, digest: &Digest) -> Result<Option<File>, BlobError> {
        match File::open(self.path(digest)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Where `digest` lies, whether or not it exists.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.directory.place(digest)
    }

    /// The size of `digest` in bytes; none if there is no such blob.
    pub fn len(&self, digest: &Digest) -> Result<Option<u64>, BlobError> {
        match std::fs::symlink_metadata(self.path(digest)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Does `work`, which waits for the disk, where waiting holds up no other task.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(BlobError::Io(io::Error::other(error))),
    }
}
