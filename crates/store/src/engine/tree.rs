//! The engine on disk: a log-structured merge tree with a journal.

use super::{Batch, Engine, Row, RowRange, View};
use crate::{StoreError, directory::Directory};
use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};
use std::{io, ops::ControlFlow, path::Path};

/// How much of the tree's blocks stays in memory, in bytes.
const CACHE_BYTES: u64 = 8 << 20;

/// How much is written to memory before it becomes a table on disk, in bytes.
const MEMTABLE_BYTES: u64 = 8 << 20;

/// Threads that flush and compact.
const WORKERS: usize = 2;

/// A tree on disk.
pub struct Tree {
    database: Database,
    rows: Keyspace,
    _directory: Directory,
}

/// A view of a tree.
pub struct TreeView {
    snapshot: fjall::Snapshot,
    rows: Keyspace,
}

impl Tree {
    /// Opens the tree in `directory`, making it when there is none.
    pub(crate) fn open(directory: Directory) -> Result<Self, StoreError> {
        let dir = directory.rows(|new| Self::database(new).map(drop))?;
        let (database, rows) = Self::database(&dir)?;
        Ok(Self { database, rows, _directory: directory })
    }

    fn database(dir: &Path) -> Result<(Database, Keyspace), StoreError> {
        let database = Database::builder(dir)
            .cache_size(CACHE_BYTES)
            .worker_threads(WORKERS)
            .manual_journal_persist(true)
            .open()
            .map_err(|error| reason(error, dir))?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let rows = database.keyspace("rows", options).map_err(|error| reason(error, dir))?;
        Ok((database, rows))
    }
}

impl Engine for Tree {
    type View = TreeView;

    fn view(&self) -> Result<TreeView, StoreError> {
        Ok(TreeView { snapshot: self.database.snapshot(), rows: self.rows.clone() })
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut writes = self.database.batch().durability(Some(PersistMode::SyncData));
        for (key, value) in batch {
            match value {
                Some(value) => writes.insert(&self.rows, key.clone(), value.clone()),
                None => writes.remove(&self.rows, key.clone()),
            }
        }
        writes.commit().map_err(|error| reason(error, Path::new("")))
    }
}

impl View for TreeView {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let found = self.snapshot.get(&self.rows, key).map_err(|error| reason(error, Path::new("")))?;
        Ok(found.map(Bytes::from))
    }

    fn scan(
        &self,
        range: &RowRange,
        each: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        if range.start >= range.end {
            return Ok(());
        }
        for guard in self.snapshot.range(&self.rows, &range.start[..]..&range.end[..]) {
            let (key, value) = guard.into_inner().map_err(|error| reason(error, Path::new("")))?;
            if each((key.into(), value.into()))?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn reason(error: fjall::Error, dir: &Path) -> StoreError {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => unwritable(error),
        fjall::Error::Locked => StoreError::Locked(dir.to_owned()),
        fjall::Error::Poisoned => {
            StoreError::Unwritable("an earlier write failed and the store must be opened again".to_owned())
        }
        error => StoreError::Corrupt(error.to_string()),
    }
}

fn unwritable(error: io::Error) -> StoreError {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem | Kind::FileTooLarge => {
            StoreError::Unwritable(error.to_string())
        }
        _ => StoreError::Io(error),
    }
}
