//! Append-only files for bulk bytes: many small records in, few large writes out, bounded on disk.
//!
//! A record belongs to an owner (a log group) and a stream of that owner, has a time, and gets a sequence
//! number. Records are appended in groups; each group becomes, for each shard, one write of compressed blocks
//! that hold one owner's records each. What an append has written survives `kill -9` (it is in the kernel's
//! hands before it is readable); what `sync` has confirmed survives loss of power.
//!
//! Files are appended to while *open*, and then *sealed*: rewritten sorted by owner, in large blocks, with an
//! index at the end, in the background. The same rewriting merges small files and leaves out what expired.
//! Nothing here knows what a record means.
//!
//! Every method blocks on the disk: asynchronous callers use a blocking thread.

mod block;
mod cache;
mod compact;
mod error;
mod file;
#[cfg(test)]
mod fuzz;
mod names;
mod open;
mod read;
mod sealed;
mod segments;
mod shard;
mod varint;

pub use error::SegmentError;
pub use read::{Content, Found, Limits, Order, Page, Position, Query, Streams};
pub use segments::{Activity, Appended, Options, Segments, Stats};

use bytes::Bytes;
use tinderbox_base::Timestamp;

/// Bytes the body of a record may have.
pub const MAX_BODY: usize = 1 << 20;

/// Whose a record is. An id is never used again, so that what a deleted owner left is known to be dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(pub u64);

/// One stream of records of an owner. Ids that are near each other take less room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// A record to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// The time it is found by.
    pub time: Timestamp,
    /// At most `MAX_BODY` bytes.
    pub body: Bytes,
}

/// Records of one owner, appended together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Whose they are.
    pub owner: OwnerId,
    /// The records; sequence numbers follow this order.
    pub records: Vec<Record>,
}

/// What of an owner's records is to be kept when files are rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything.
    All,
    /// Records of this time or later.
    Since(Timestamp),
    /// Nothing: the owner is gone.
    Nothing,
}

/// Tells what is still wanted.
pub trait Retention: Send + Sync {
    /// What to keep of `owner`.
    fn keep(&self, owner: OwnerId) -> Keep;
    /// Whether `stream` of `owner` is gone although the owner is not.
    fn is_gone(&self, owner: OwnerId, stream: StreamId) -> bool {
        let _ = (owner, stream);
        false
    }
    /// Whether any stream of `owner` is gone: files that hold such an owner are looked into.
    fn has_gone(&self, owner: OwnerId) -> bool {
        let _ = owner;
        false
    }
}

/// Keeps everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepAll;

impl Retention for KeepAll {
    fn keep(&self, _: OwnerId) -> Keep {
        Keep::All
    }
}
