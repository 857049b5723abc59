//! What the tree's errors mean to the store.

use crate::StoreError;
use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// An error of the disk, or of what the tree found there.
pub(crate) fn io(error: io::Error) -> StoreError {
    match error.kind() {
        // A file that was cut short ends early.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => StoreError::Corrupt(error.to_string()),
        _ => error.into(),
    }
}

pub(crate) fn storage(error: StorageError) -> StoreError {
    match error {
        StorageError::Io(error) => io(error),
        StorageError::Corrupted(reason) => StoreError::Corrupt(reason),
        // Among them that an earlier operation failed: the store opens the tree again then.
        error => StoreError::Io(io::Error::other(error)),
    }
}

pub(crate) fn transaction(error: TransactionError) -> StoreError {
    match error {
        TransactionError::Storage(error) => storage(error),
        error => StoreError::Io(io::Error::other(error)),
    }
}

pub(crate) fn table(error: TableError) -> StoreError {
    match error {
        TableError::Storage(error) => storage(error),
        error => StoreError::Corrupt(error.to_string()),
    }
}

pub(crate) fn commit(error: CommitError) -> StoreError {
    match error {
        CommitError::Storage(error) => storage(error),
        error => StoreError::Io(io::Error::other(error)),
    }
}

pub(crate) fn opening(error: DatabaseError, path: &Path) -> StoreError {
    match error {
        DatabaseError::Storage(error) => storage(error),
        DatabaseError::DatabaseAlreadyOpen => StoreError::Locked(path.to_owned()),
        error => StoreError::Corrupt(error.to_string()),
    }
}

/// Does `work`. The tree panics at some kinds of damage; that is an error to us.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // What a panic may leave half done is the tree's memory, which is thrown away after any error.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<String>().map(String::as_str);
        let reason = reason.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        Err(StoreError::Corrupt(format!("the tree's pages make no sense: {reason}")))
    })
}
