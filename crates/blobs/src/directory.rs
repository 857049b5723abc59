//! Where blobs lie: `ab/cdef…` by the digits of the digest, and `new/` for what is being written.

use crate::{BlobError, Digest};
use rustix::fs::{FlockOperation, Timespec, Timestamps, flock, futimens};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tinderbox_base::Timestamp;

const LOCK: &str = "lock";
const NEW: &str = "new";

/// A directory of blobs that this process alone has open.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    serial: AtomicU64,
    /// Held to put a file in place and to remove one, so that a sweep never removes what was just put.
    names: Mutex<()>,
    /// The last blob could not be written.
    failing: AtomicBool,
    _lock: File,
}

impl Directory {
    pub(crate) fn open(path: &Path) -> Result<Self, BlobError> {
        create_dir(path)?;
        let lock = private().create(true).truncate(false).open(path.join(LOCK))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(BlobError::Locked(path.to_owned())),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        let new = path.join(NEW);
        create_dir(&new)?;
        for left in fs::read_dir(&new)? {
            fs::remove_file(left?.path())?;
        }
        let (serial, failing) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { path: path.to_owned(), serial, names: Mutex::new(()), failing, _lock: lock })
    }

    /// Tells the operator when writing begins to fail, because the disk is full for one, and when a blob was stored
    /// again: not each time, since every caller hears of its own.
    pub(crate) fn note(&self, error: Option<&BlobError>) {
        match error {
            Some(error @ BlobError::Unwritable(_)) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::error!(%error, "nothing large is accepted until it is over");
            }
            Some(_) => {}
            None if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::warn!("blobs can be written again")
            }
            None => {}
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the blob `digest` lies.
    pub(crate) fn place(&self, digest: &Digest) -> PathBuf {
        let digits = digest.to_string();
        self.path.join(&digits[..2]).join(&digits[2..])
    }

    /// A new file that has no name among the blobs yet.
    pub(crate) fn create(&self) -> io::Result<(File, PathBuf)> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(NEW).join(serial.to_string());
        Ok((private().create_new(true).open(&path)?, path))
    }

    /// Gives `file` at `from`, whose content is complete, the name `digest`; durable on return.
    pub(crate) fn adopt(&self, file: &File, from: &Path, digest: &Digest, now: Timestamp) -> io::Result<()> {
        touch(file, now)?;
        file.sync_all()?;
        let place = self.place(digest);
        let parent = place.parent().unwrap_or(&self.path);
        create_dir(parent)?;
        {
            let _names = self.names();
            fs::rename(from, &place)?;
        }
        // Also when another put made the name: its caller may not have synced yet.
        sync_dir(parent)
    }

    /// The right to put files in place and to remove them.
    pub(crate) fn names(&self) -> MutexGuard<'_, ()> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the moment from which a blob's grace is counted.
pub(crate) fn touch(file: &File, now: Timestamp) -> io::Result<()> {
    let millis = now.as_millis();
    let moment = Timespec { tv_sec: millis.div_euclid(1000), tv_nsec: millis.rem_euclid(1000) * 1_000_000 };
    Ok(futimens(file, &Timestamps { last_access: moment, last_modification: moment })?)
}

/// What is stored may be a customer's code: it is for the server's eyes only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Makes `path` and the directories above it that are missing, each durable in its parent.
fn create_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => {
            create_dir(parent)?;
            parent
        }
        _ => Path::new("."),
    };
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_dir(parent)
}

fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
