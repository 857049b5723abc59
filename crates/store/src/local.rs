//! The store of one machine: an engine, the thread that writes to it, and reads beside that thread.

use crate::{
    Claimed, Commit, Committed, Entry, Epoch, Key, KeyRange, Op, Snapshot, Store, StoreError, Versioned,
    Watch,
    committer::Committer,
    directory::Directory,
    engine::{Engine, RowRange, View, memory::Memory, tree::Tree},
    group::Trimmed,
    limits,
    row::{self, Head},
    watchers::Watchers,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{fmt, ops::ControlFlow, path::Path, sync::Arc, time::Duration};
use tinderbox_base::Clock;

/// How many keys `delete_range` deletes in one commit.
const DELETE_STEP: usize = 1000;

/// A store on the local disk: one directory, one thread, one file.
///
/// Reads wait for nothing but the disk, and only for what is not in memory; so they are done where they are
/// asked for. Writes wait for the thread, which syncs once for all that wait. Dropping the store
/// waits for what has begun and frees the directory; snapshots that remain answer with an error.
pub type EmbeddedStore = LocalStore<Tree>;

/// A store in memory, for tests: everything a store does but last.
pub type MemoryStore = LocalStore<Memory>;

/// A store over an engine of this process.
pub struct LocalStore<E> {
    // Before the engine, so that the thread has ended when the engine closes.
    committer: Committer,
    engine: Arc<E>,
    watchers: Arc<Watchers>,
}

impl EmbeddedStore {
    /// Opens the store in `dir`, making it when there is none. `clock` is what leases lapse by.
    ///
    /// Fails with `Locked` if it is open already, here or in another process, and with `Corrupt` if it is
    /// damaged or of a format this program does not read. After any end of the process before,
    /// `kill -9` and loss of power included, opening takes some milliseconds, whatever the size.
    pub fn open(dir: impl AsRef<Path>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Locked::new(dir)?.open(clock)
    }
}

/// The directory of an embedded store, which nobody else has open now.
#[derive(Debug)]
pub struct Locked(Directory);

impl Locked {
    /// Locks `dir`, making it when there is none. Whoever has it may use what lies beside the store, too.
    ///
    /// # Errors
    /// `Locked` if it is open already, here or in another process.
    pub fn new(dir: impl AsRef<Path>) -> Result<Self, StoreError> {
        Directory::lock(dir.as_ref()).map(Self)
    }

    /// Opens the store in it, as [`EmbeddedStore::open`] does.
    ///
    /// # Errors
    /// `Corrupt` if it is damaged or of a format this program does not read.
    pub fn open(self, clock: Arc<dyn Clock>) -> Result<EmbeddedStore, StoreError> {
        self.0.check_format()?;
        EmbeddedStore::over(Tree::open(self.0)?, clock)
    }
}

impl MemoryStore {
    /// An empty store. `clock` is what leases lapse by.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::over(Memory::default(), clock)
    }
}

impl<E: Engine> LocalStore<E> {
    fn over(engine: E, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let (engine, watchers) = (Arc::new(engine), Arc::<Watchers>::default());
        let committer = Committer::start(Arc::clone(&engine), clock, Arc::clone(&watchers))?;
        Ok(Self { committer, engine, watchers })
    }
}

impl<E> fmt::Debug for LocalStore<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalStore").finish_non_exhaustive()
    }
}

struct LocalSnapshot<V>(V);

fn get(view: &impl View, key: &Key) -> Result<Option<Versioned>, StoreError> {
    limits::key(key)?;
    view.get(&row::item(key))?.map(row::decode_item).transpose()
}

fn range(view: &impl View, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
    limits::range(range)?;
    let mut entries = Vec::new();
    if limit > 0 {
        view.scan(&row::items(range), &mut |(item, value)| {
            let found = row::decode_item(value)?;
            entries.push(Entry { key: row::item_key(&item), version: found.version, value: found.value });
            Ok(if entries.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    Ok(entries)
}

#[async_trait]
impl<V: View> Snapshot for LocalSnapshot<V> {
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        get(&self.0, key)
    }

    async fn range(&self, keys: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        range(&self.0, keys, limit)
    }
}

#[async_trait]
impl<E: Engine> Store for LocalStore<E> {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(LocalSnapshot(self.engine.view()?)))
    }

    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        get(&self.engine.view()?, key)
    }

    async fn range(&self, keys: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        range(&self.engine.view()?, keys, limit)
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let size = limits::commit(&commit)?;
        self.committer.commit(commit, size).await
    }

    async fn delete_range(&self, keys: &KeyRange) -> Result<(), StoreError> {
        limits::range(keys)?;
        let mut rest = keys.clone();
        loop {
            let mut found = Vec::new();
            self.engine.view()?.scan(&row::items(&rest), &mut |(item, _)| {
                found.push(row::item_key(&item));
                Ok(if found.len() < DELETE_STEP { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            let Some(last) = found.last() else { return Ok(()) };
            rest = rest.after(last);
            let ops = found.into_iter().map(Op::Delete).collect();
            self.commit(Commit { ops, ..Commit::default() }).await?;
        }
    }

    async fn read_log(&self, log: &Key, offset: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, StoreError> {
        limits::key(log)?;
        let view = self.engine.view()?;
        let mut records = Vec::new();
        let Some(head) = view.get(&row::head(log))? else { return Ok(records) };
        let head = Head::decode(&head)?;
        // Beginning at the head spares the search a walk over what was trimmed.
        let rows =
            RowRange { start: row::record(log, offset.max(head.first)), end: row::record(log, head.next) };
        if limit > 0 {
            view.scan(&rows, &mut |(key, record)| {
                records.push((row::record_offset(&key)?, record));
                Ok(if records.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
        }
        Ok(records)
    }

    async fn trim_log(&self, log: &Key, offset: u64) -> Result<(), StoreError> {
        limits::key(log)?;
        while self.committer.trim(log.clone(), offset).await? == Trimmed::Part {}
        Ok(())
    }

    async fn claim(
        &self,
        range: &KeyRange,
        n: usize,
        owner: &str,
        duration: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        limits::range(range)?;
        limits::within("an owner's name", owner.len(), limits::OWNER_LIMIT)?;
        self.committer.claim(range.clone(), n, owner.to_owned(), duration).await
    }

    async fn release(&self, key: &Key, epoch: Epoch) -> Result<(), StoreError> {
        limits::key(key)?;
        self.committer.release(key.clone(), epoch).await
    }

    async fn trouble(&self) -> Option<StoreError> {
        self.committer.trouble().await
    }

    fn watch(&self, prefix: &Key) -> Watch {
        self.watchers.watch(prefix)
    }
}
