//! The engine on disk: a copy-on-write B-tree in one file.
//!
//! A batch goes to pages that nothing refers to yet; then one page changes which tree is the current one.
//! Both steps are synced, so that at every moment one whole tree is on the disk, whatever of the
//! rest is. The pages in use are noted with every batch, so that opening after a crash takes
//! no longer than after a clean end.

mod upkeep;

use super::{
    Batch, Engine, Row, RowRange, View, fault,
    medium::{Medium, Pages},
};
use crate::{StoreError, directory::Directory};
use bytes::Bytes;
use redb::{
    Builder, Database, Durability, ReadOnlyTable, ReadableDatabase, StorageBackend, StorageError,
    TableDefinition,
};
use std::{
    fmt,
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

/// How much of the tree stays in memory, in bytes.
const CACHE: usize = 8 << 20;

/// What a row may cost on disk beside itself, in bytes: the pages on its way from the root, copied.
const ROW_COST: u64 = 16 << 10;

const ROWS: TableDefinition<'static, &'static [u8], &'static [u8]> = TableDefinition::new("rows");

/// Bytes of the checksum at the end of every row's value.
const CHECKSUM: usize = 4;

/// A tree on disk.
pub struct Tree<M = Pages> {
    medium: M,
    /// None while the tree cannot be opened.
    database: RwLock<Option<Database>>,
    /// An operation failed. The tree does nothing more before it is opened again.
    failed: Arc<AtomicBool>,
}

/// A view of a tree.
pub struct TreeView {
    rows: ReadOnlyTable<&'static [u8], &'static [u8]>,
    failed: Arc<AtomicBool>,
}

impl<M: Medium> fmt::Debug for Tree<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("medium", &self.medium).finish_non_exhaustive()
    }
}

impl Tree {
    /// Opens the tree in `directory`, making it when there is none.
    pub(crate) fn open(directory: Directory) -> Result<Self, StoreError> {
        Self::on(Pages::open(directory, |pages| fault::guarded(|| make(&open(pages)?)))?)
    }
}

impl<M: Medium> Tree<M> {
    fn on(medium: M) -> Result<Self, StoreError> {
        let database = fault::guarded(|| open(medium.open()?)).map_err(|error| match error {
            // Who reads this must know which file to look at.
            StoreError::Corrupt(reason) => {
                StoreError::Corrupt(format!("{} is damaged: {reason}", medium.path().display()))
            }
            other => other,
        })?;
        Ok(Self { medium, database: RwLock::new(Some(database)), failed: Arc::default() })
    }

    /// Does `work` on the tree, opening it again first if it failed before.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.failed.load(Ordering::Acquire) {
            self.reopen()?;
        }
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let closed = || StoreError::Io(std::io::Error::other("the store could not be opened again"));
        let done = fault::guarded(|| work(database.as_ref().ok_or_else(closed)?));
        if done.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        done
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut database: RwLockWriteGuard<'_, Option<Database>> =
            self.database.write().unwrap_or_else(PoisonError::into_inner);
        if !self.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        // Views of the old one fail from here on, and so do not hold it open.
        fault::guarded(|| {
            drop(database.take());
            Ok(())
        })?;
        *database = Some(fault::guarded(|| open(self.medium.open()?))?);
        self.failed.store(false, Ordering::Release);
        tracing::warn!("opened the store again after a failure");
        Ok(())
    }

    fn write(database: &Database, batch: &Batch) -> Result<(), StoreError> {
        let mut write = database.begin_write().map_err(fault::transaction)?;
        write
            .set_durability(Durability::Immediate)
            .map_err(|error| StoreError::Io(std::io::Error::other(error)))?;
        write.set_quick_repair(true);
        {
            let mut rows = write.open_table(ROWS).map_err(fault::table)?;
            for (key, value) in batch {
                match value {
                    Some(value) => {
                        drop(rows.insert(&key[..], &seal(key, value)[..]).map_err(fault::storage)?)
                    }
                    None => drop(rows.remove(&key[..]).map_err(fault::storage)?),
                }
            }
        }
        write.commit().map_err(fault::commit)
    }

    /// Whether every row is as `batch` makes it. Of the batches there are, only this one does that.
    fn holds(&self, batch: &Batch) -> Result<bool, StoreError> {
        let view = self.view()?;
        for (key, value) in batch {
            if view.get(key)? != *value {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Makes the table that rows are in.
fn make(database: &Database) -> Result<(), StoreError> {
    let write = database.begin_write().map_err(fault::transaction)?;
    write.open_table(ROWS).map_err(fault::table)?;
    write.commit().map_err(fault::commit)
}

fn open(pages: impl StorageBackend) -> Result<Database, StoreError> {
    let database = Builder::new().set_cache_size(CACHE).create_with_backend(pages);
    database.map_err(|error| fault::opening(error, Path::new("the tree")))
}

impl<M: Medium> Engine for Tree<M> {
    type View = TreeView;

    fn view(&self) -> Result<TreeView, StoreError> {
        let rows = self.with(|database| {
            let read = database.begin_read().map_err(fault::transaction)?;
            read.open_table(ROWS).map_err(fault::table)
        })?;
        Ok(TreeView { rows, failed: Arc::clone(&self.failed) })
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let size: usize =
            batch.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len)).sum();
        // Pages come in powers of two.
        self.medium.room(2 * size as u64 + ROW_COST * batch.len() as u64)?;
        let Err(error) = self.with(|database| Self::write(database, batch)) else { return Ok(()) };
        // The disk knows whether the batch was written before it failed. If so, it is written again: after
        // a sync that failed, what is read need not be on the disk, and no later sync brings it there.
        let unknown = match self.holds(batch) {
            Ok(false) => return Err(error),
            Ok(true) => match self.with(|database| Self::write(database, batch)) {
                Ok(()) => return Ok(()),
                Err(unknown) => unknown,
            },
            Err(unknown) => unknown,
        };
        Err(StoreError::Io(std::io::Error::other(format!(
            "{error}; whether it was written shows when the store opens again, which now fails: {unknown}"
        ))))
    }
}

impl TreeView {
    /// Does `work` on the rows. A failure of the disk makes the tree be opened again.
    fn with<T>(
        &self,
        work: impl FnOnce(&ReadOnlyTable<&'static [u8], &'static [u8]>) -> Result<T, StorageError>,
    ) -> Result<T, StoreError> {
        let mut closed = false;
        let done = fault::guarded(|| {
            let done = work(&self.rows);
            // That the tree was opened again since is not its failure.
            closed = matches!(done, Err(StorageError::DatabaseClosed));
            done.map_err(fault::storage)
        });
        if done.is_err() && !closed {
            self.failed.store(true, Ordering::Release);
        }
        done
    }
}

impl View for TreeView {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let found = self.with(|rows| Ok(rows.get(key)?.map(|value| unseal(key, value.value()))))?;
        found.transpose()
    }

    fn scan(
        &self,
        range: &RowRange,
        each: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        if range.start >= range.end {
            return Ok(());
        }
        self.with(|rows| {
            for row in rows.range::<&[u8]>(&range.start[..]..&range.end[..])? {
                let (key, value) = row?;
                let key = Bytes::copy_from_slice(key.value());
                match unseal(&key, value.value()).and_then(|value| each((key, value))) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(())) => break,
                    // Of the rows or of the caller, not of the disk.
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(()))
        })?
    }
}

/// The value with a checksum of the row, which tells a damaged row from one that was written so.
fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(value.len() + CHECKSUM);
    sealed.extend_from_slice(value);
    sealed.extend_from_slice(&checksum(key, value));
    sealed
}

fn unseal(key: &[u8], sealed: &[u8]) -> Result<Bytes, StoreError> {
    match sealed.split_last_chunk::<CHECKSUM>() {
        Some((value, sum)) if checksum(key, value) == *sum => Ok(Bytes::copy_from_slice(value)),
        _ => Err(StoreError::Corrupt(format!("a row of {} bytes does not match its checksum", sealed.len()))),
    }
}

fn checksum(key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(value);
    hasher.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests;
