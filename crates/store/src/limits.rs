//! How much one key, value and commit may hold. A store refuses more with [`StoreError::TooLarge`].

use crate::{Check, Commit, Key, KeyRange, Op, StoreError};

/// The longest key, in bytes of its encoding.
pub const KEY_LIMIT: usize = 1024;

/// The longest value or record, in bytes: a payload of 1 MiB with room for its head and for base64.
pub const VALUE_LIMIT: usize = 2 << 20;

/// The largest commit, in bytes of its keys, values and records, with [`CHANGE_OVERHEAD`] for each.
pub const COMMIT_LIMIT: usize = 8 << 20;

/// What each check, operation and record counts towards [`COMMIT_LIMIT`] beside its own bytes.
pub const CHANGE_OVERHEAD: usize = 64;

/// The longest name of a claim's owner, in bytes.
pub const OWNER_LIMIT: usize = 256;

/// Refuses `size` bytes of `what` over `limit`.
pub(crate) fn within(what: &'static str, size: usize, limit: usize) -> Result<usize, StoreError> {
    if size > limit { Err(StoreError::TooLarge { what, size, limit }) } else { Ok(size) }
}

/// Refuses a key that is too long.
pub(crate) fn key(key: &Key) -> Result<usize, StoreError> {
    within("a key", key.as_bytes().len(), KEY_LIMIT)
}

/// Refuses a range whose bounds are longer than a key and one byte, which `Key::successor` adds.
pub(crate) fn range(range: &KeyRange) -> Result<usize, StoreError> {
    let longest = range.end.as_ref().map_or(0, |end| end.as_bytes().len()).max(range.start.as_bytes().len());
    within("a range's bound", longest, KEY_LIMIT + 1)
}

/// The size of `commit` in bytes, or why it is too large.
pub(crate) fn commit(commit: &Commit) -> Result<usize, StoreError> {
    let mut size = 0;
    for check in &commit.checks {
        let (Check::Absent(name) | Check::Present(name) | Check::Version(name, _) | Check::Lease(name, _)) =
            check;
        size += key(name)? + CHANGE_OVERHEAD;
    }
    for op in &commit.ops {
        size += CHANGE_OVERHEAD;
        size += match op {
            Op::Put(name, value) => key(name)? + within("a value", value.len(), VALUE_LIMIT)?,
            Op::Delete(name) => key(name)?,
        };
    }
    for append in &commit.appends {
        let record = within("a record", append.record.len(), VALUE_LIMIT)?;
        size += key(&append.log)? + record + CHANGE_OVERHEAD;
    }
    within("a commit", size, COMMIT_LIMIT)
}
