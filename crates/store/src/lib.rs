//! Durable state: one trait, its engines, and the suite that every engine passes.
//!
//! A store is an ordered map from keys to values, with conditional commits and logs. Bulk bytes do
//! not belong here: log lines go to segments, code and payloads to blobs.

mod committer;
mod directory;
mod engine;
#[cfg(test)]
mod fuzz;
mod group;
mod key;
pub mod limits;
mod local;
pub mod maintain;
mod row;
mod watchers;

pub use key::{Key, KeyBuilder, KeyRange, Segment};
pub use local::{EmbeddedStore, LocalStore, Locked, MemoryStore};

use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;
use tinderbox_base::Timestamp;

/// The version of a key: grows with every commit that writes it; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// A value and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The version of the commit that wrote it.
    pub version: Version,
    /// The bytes as written.
    pub value: Bytes,
}

/// A key with its value and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The version of the commit that wrote it.
    pub version: Version,
    /// The bytes as written.
    pub value: Bytes,
}

/// What must hold for a commit to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The key does not exist.
    Absent(Key),
    /// The key exists, in any version.
    Present(Key),
    /// The key exists in exactly this version.
    Version(Key, Version),
    /// The lease is held under this epoch.
    Lease(Key, Epoch),
}

/// One change of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Writes the value.
    Put(Key, Bytes),
    /// Deletes the key; deleting an absent key is no error.
    Delete(Key),
}

/// One record for the end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The log: one shard or one queue.
    pub log: Key,
    /// The record.
    pub record: Bytes,
}

/// A group of changes that happen all together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// What must hold.
    pub checks: Vec<Check>,
    /// What changes.
    pub ops: Vec<Op>,
    /// What is appended, in order.
    pub appends: Vec<Append>,
}

/// What became of a commit whose checks held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The version that every key it wrote now has.
    pub version: Version,
    /// The offset of every appended record, in the order of `appends`.
    pub offsets: Vec<u64>,
}

/// The epoch of a lease: grows every time the lease changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// A claimed item of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The item.
    pub entry: Entry,
    /// The claim's epoch, for `Check::Lease` and `release`.
    pub epoch: Epoch,
    /// When the claim lapses, by the store's clock.
    pub until: Timestamp,
}

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A check did not hold; nothing changed. The index is that of the first such check.
    #[error("check {0} of the commit does not hold")]
    CheckFailed(usize),
    /// A limit of the store (key length, value length, commit size) is exceeded.
    #[error("{what} of {size} bytes exceeds the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The most it may be.
        limit: usize,
    },
    /// The disk is full or read-only; nothing changed and a later commit may succeed. Reads go on.
    #[error("the store cannot write: {0}")]
    Unwritable(String),
    /// The data on disk is damaged or newer than this program.
    #[error("the store cannot be read: {0}")]
    Corrupt(String),
    /// Another process has the data directory open.
    #[error("{0} is in use by another process")]
    Locked(std::path::PathBuf),
    /// Any other failure of the medium. Whether a commit that ends so was done is open where the message
    /// says so; otherwise nothing changed.
    #[error(transparent)]
    Io(std::io::Error),
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem | Kind::FileTooLarge => {
                Self::Unwritable(error.to_string())
            }
            _ => Self::Io(error),
        }
    }
}

impl StoreError {
    /// The same error for another caller of the same group.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::CheckFailed(index) => Self::CheckFailed(*index),
            Self::TooLarge { what, size, limit } => Self::TooLarge { what, size: *size, limit: *limit },
            Self::Unwritable(reason) => Self::Unwritable(reason.clone()),
            Self::Corrupt(reason) => Self::Corrupt(reason.clone()),
            Self::Locked(path) => Self::Locked(path.clone()),
            Self::Io(error) => Self::Io(std::io::Error::new(error.kind(), error.to_string())),
        }
    }
}

impl From<StoreError> for tinderbox_base::Error {
    fn from(error: StoreError) -> Self {
        use tinderbox_base::{Error, ErrorKind};
        match error {
            StoreError::CheckFailed(_) => {
                Error::conflict("The resource was changed by another request.").because(error)
            }
            StoreError::TooLarge { .. } => Error::new(ErrorKind::TooLarge, error.to_string()),
            StoreError::Unwritable(_) => {
                Error::new(ErrorKind::Unavailable, "The store cannot write now.").because(error)
            }
            StoreError::Corrupt(_) | StoreError::Locked(_) | StoreError::Io(_) => Error::internal(error),
        }
    }
}

/// A view of the store as of one commit; later commits do not show in it.
///
/// It keeps what it shows from being reused on disk: a snapshot is for one answer, not for a session.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// The value of `key`, if it exists.
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError>;
    /// At most `limit` entries of `range`, in key order. Fewer than `limit` are all there are.
    async fn range(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError>;
}

/// Durable state. Every method may be called from any number of tasks.
///
/// What a method has acknowledged survives `kill -9` and loss of power, and shows in every read that
/// begins after it. What is written but not yet durable shows in none. A call that is abandoned may be
/// done all the same, whole. That something is absent is an answer; that it cannot be read is an error.
///
/// How much a key, a value and a commit may hold: [`limits`].
#[async_trait]
pub trait Store: Send + Sync {
    /// A consistent view of this moment.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;
    /// The value of `key`, if it exists.
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError>;
    /// At most `limit` entries of `range`, in key order, as of one moment. Fewer than `limit` are all there are.
    ///
    /// All of them are in memory at once: where values are large, `limit` is small.
    async fn range(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// Does the whole commit durably if every check holds, and nothing otherwise.
    ///
    /// Commits happen one after the other: each is checked against all that were done before it. Of
    /// several operations on one key the last counts. A commit without operations and appends only checks.
    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError>;
    /// Deletes every key of `range`, not atomically: a crash may leave a suffix of it. Logs are not keys.
    async fn delete_range(&self, range: &KeyRange) -> Result<(), StoreError>;
    /// At most `limit` records of `log` from `offset` on, with their offsets. Offsets are dense.
    ///
    /// What was trimmed is skipped, and a log that nobody appended to is empty.
    async fn read_log(&self, log: &Key, offset: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, StoreError>;
    /// Forgets every record of `log` before `offset`, or all there are if it ends before that. Offsets go on
    /// from where they were. Not atomic: a crash may leave a suffix of them.
    async fn trim_log(&self, log: &Key, offset: u64) -> Result<(), StoreError>;
    /// Claims up to `n` unclaimed (or lapsed) entries of `range`, in key order, for `owner`.
    ///
    /// A claim lapses `duration` from now by the store's clock. Writing the entry keeps the claim, deleting
    /// the entry ends it. A lapsed claim is held by nobody: `Check::Lease` fails even if nobody claimed since.
    async fn claim(
        &self,
        range: &KeyRange,
        n: usize,
        owner: &str,
        duration: Duration,
    ) -> Result<Vec<Claimed>, StoreError>;
    /// Gives a claim back, so that the entry may be claimed again. A lapsed claim is ignored.
    async fn release(&self, key: &Key, epoch: Epoch) -> Result<(), StoreError>;
    /// Why nothing can be written, as far as the last attempt tells; where it failed, another is made, so that the
    /// answer is none as soon as the medium can be written again.
    async fn trouble(&self) -> Option<StoreError>;
    /// A signal that something under `prefix` may have changed: a key or a log that begins with it, or a claim
    /// given back. Lossy: the watcher re-reads. A claim that lapses is no change; who waits for that waits by time.
    fn watch(&self, prefix: &Key) -> Watch;
}

/// Wakes when something under its prefix may have changed.
#[derive(Debug)]
pub struct Watch {
    changed: tokio::sync::watch::Receiver<u64>,
}

impl Watch {
    /// A watch that wakes whenever the sender behind `changed` sends.
    pub fn new(changed: tokio::sync::watch::Receiver<u64>) -> Self {
        Self { changed }
    }

    /// Waits for the next change since the last call; forever once the store is gone.
    pub async fn changed(&mut self) {
        if self.changed.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
