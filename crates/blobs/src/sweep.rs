//! Removing what nothing names any more.

use crate::{BlobError, Blobs, Digest, blocking, directory};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::Arc,
    time::Duration,
};
use tinderbox_base::Timestamp;

/// How long a blob stays after it was last put or seen named.
pub const GRACE: Duration = Duration::from_hours(24);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs that stay.
    pub kept: u64,
    /// Blobs that were removed.
    pub removed: u64,
    /// Bytes that were freed.
    pub freed: u64,
}

impl Blobs {
    /// Removes every blob that `named` has denied for [`GRACE`]: longer than a commit that names a
    /// blob just put may take.
    ///
    /// `named` must speak of a state at least as new as the call. A blob may be named if it was put
    /// less than [`GRACE`] ago or if something names it already. A blob's file carries the moment it was
    /// last put or seen named; so a sweep wants to run often within [`GRACE`], once an hour.
    pub async fn sweep(&self, named: impl Fn(&Digest) -> bool + Send + 'static) -> Result<Swept, BlobError> {
        let directory = Arc::clone(&self.directory);
        let now = self.clock.now();
        blocking(move || {
            let mut swept = Swept::default();
            for group in fs::read_dir(directory.path())? {
                let group = group?;
                let name = group.file_name();
                let Some(first) = name.to_str().filter(|name| name.len() == 2) else { continue };
                for file in fs::read_dir(group.path())? {
                    let file = file?;
                    let digits = format!("{first}{}", file.file_name().display());
                    let Ok(digest) = digits.parse() else {
                        tracing::warn!(path = %file.path().display(), "not a blob; left alone");
                        continue;
                    };
                    let _names = directory.names();
                    match judge(&file.path(), named(&digest), now)? {
                        Some(length) => {
                            swept.removed += 1;
                            swept.freed += length;
                        }
                        None => swept.kept += 1,
                    }
                }
            }
            Ok(swept)
        })
        .await
    }
}

/// Keeps the blob at `path`, or removes it and tells its length.
fn judge(path: &Path, named: bool, now: Timestamp) -> Result<Option<u64>, BlobError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let nanos = metadata.mtime_nsec() / 1_000_000;
    let since = Timestamp::from_millis(metadata.mtime().saturating_mul(1000).saturating_add(nanos));
    if named {
        // Written at most once an hour: a sweep of many blobs should not write to every inode.
        if now >= since + GRACE / 24 {
            directory::touch(&File::options().write(true).open(path)?, now)?;
        }
        return Ok(None);
    }
    if now < since + GRACE {
        return Ok(None);
    }
    fs::remove_file(path)?;
    Ok(Some(metadata.len()))
}
