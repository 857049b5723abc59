//! The face of the crate: all shards of a directory.

use crate::{
    Batch, Found, KeepAll, OwnerId, Page, Query, Retention, SegmentError, StreamId,
    cache::Cache,
    compact::oldest,
    names::{Name, SHARDS},
    shard::Shard,
};
use std::{
    collections::HashMap,
    path::Path,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use tinderbox_base::Timestamp;

/// How large things may grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of an open file at which the next is begun.
    pub roll_bytes: u64,
    /// Blocks of an open file at which the next is begun: each takes about 120 bytes of memory until sealed.
    pub roll_blocks: usize,
    /// Bytes of all files together; beyond it the oldest sealed files are removed.
    pub disk_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { roll_bytes: 4 << 20, roll_blocks: 4096, disk_bytes: 4 << 30 }
    }
}

/// What is on disk and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of all files.
    pub bytes: u64,
    /// Files.
    pub files: usize,
    /// Files removed because the disk's share was used up, since the start.
    pub evicted: u64,
}

/// What was appended of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The earliest time of a record.
    pub first: Timestamp,
    /// The latest time of a record.
    pub last: Timestamp,
    /// The latest time of an append.
    pub ingested: Timestamp,
}

impl Activity {
    /// Widens this by what else is known.
    pub fn merge(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.ingested = self.ingested.max(other.ingested);
    }
}

/// What became of an append.
#[derive(Debug, Default)]
pub struct Appended {
    /// Whether full files wait for `maintain`.
    pub full: bool,
    /// What could not be appended: nothing of it is readable.
    pub left: Vec<Batch>,
    /// Why; the first reason when shards had several.
    pub error: Option<SegmentError>,
}

/// Segment files in one directory, which the caller has locked.
#[derive(Debug)]
pub struct Segments {
    shards: Vec<Shard>,
    cache: Cache,
    options: Options,
    evicted: AtomicU64,
}

impl Segments {
    /// Opens `dir`, making it if need be. Only files that were still written to are read.
    pub fn open(dir: &Path, options: Options) -> Result<Self, SegmentError> {
        let fail = SegmentError::at(dir);
        std::fs::create_dir_all(dir).map_err(&fail)?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(&fail)? {
            let entry = entry.map_err(&fail)?;
            let text = entry.file_name().to_string_lossy().into_owned();
            match Name::parse(&text) {
                Some(name) => found.push((name, entry.metadata().map_err(&fail)?.len())),
                None if text.ends_with(".sealing") => std::fs::remove_file(entry.path()).map_err(&fail)?,
                None => tracing::warn!(path = %entry.path().display(), "not a segment; left alone"),
            }
        }
        let shards: Result<Vec<Shard>, SegmentError> =
            (0..SHARDS).map(|id| Shard::open(id, dir.to_path_buf(), &found)).collect();
        Ok(Self { shards: shards?, cache: Cache::default(), options, evicted: AtomicU64::new(0) })
    }

    fn shard(&self, owner: OwnerId) -> &Shard {
        &self.shards[shard_of(owner)]
    }

    /// Appends; readable on return, on disk after `sync`. At most one write for each shard.
    pub fn append(&self, ingested: Timestamp, batches: Vec<Batch>) -> Appended {
        let mut appended = Appended::default();
        let mut shares: Vec<Vec<Batch>> = self.shards.iter().map(|_| Vec::new()).collect();
        for batch in batches.into_iter().filter(|b| !b.records.is_empty()) {
            shares[shard_of(batch.owner)].push(batch);
        }
        for (shard, share) in self.shards.iter().zip(shares).filter(|(_, share)| !share.is_empty()) {
            match shard.append(ingested, &share, &self.options) {
                Ok(full) => appended.full |= full,
                Err(error) => {
                    appended.left.extend(share);
                    appended.error.get_or_insert(error);
                }
            }
        }
        appended
    }

    /// Waits until everything appended is on disk.
    pub fn sync(&self) -> Result<(), SegmentError> {
        self.shards.iter().try_for_each(Shard::sync)
    }

    /// Waits until everything appended of `owner` is on disk. Concurrent calls share a sync.
    pub fn sync_owner(&self, owner: OwnerId) -> Result<(), SegmentError> {
        self.shard(owner).sync()
    }

    /// Answers a query; `accept` says of each record whether it is wanted.
    pub fn read(
        &self,
        query: &Query<'_>,
        mut accept: impl FnMut(&Found) -> bool,
    ) -> Result<Page, SegmentError> {
        self.shard(query.owner).read(query, &self.cache, &mut accept)
    }

    /// Seals full files, merges small ones and keeps to the disk's share. To be called after an append
    /// returned true, and after opening.
    pub fn maintain(&self) -> Result<(), SegmentError> {
        self.shards.iter().try_for_each(|shard| shard.maintain(&KeepAll, &self.cache, &self.options))?;
        while self.stats().bytes > self.options.disk_bytes {
            let Some((shard, sealed)) = oldest(self.shards.iter()) else { break };
            tracing::warn!(
                path = %sealed.path.display(),
                bytes = sealed.bytes,
                limit = self.options.disk_bytes,
                "the oldest segment is removed to keep to the limit on disk"
            );
            let _alone = crate::shard::lock(&shard.maintenance);
            shard.remove(&[sealed], &self.cache)?;
            self.evicted.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// Removes what `retention` no longer wants: whole files, and parts of files where that is most of it.
    /// Returns how many files were removed or rewritten.
    pub fn sweep(&self, retention: &dyn Retention) -> Result<usize, SegmentError> {
        let mut changed = 0;
        for shard in &self.shards {
            let swept = shard.sweep(retention, &self.cache)?;
            changed += swept.removed + swept.rewritten;
        }
        Ok(changed)
    }

    /// Bytes on disk of `owner`.
    pub fn usage(&self, owner: OwnerId) -> Result<u64, SegmentError> {
        self.shard(owner).usage(owner)
    }

    /// What was appended of every stream since each shard's sequence number in `since` (none: all of it), from
    /// the blocks' headers alone.
    pub fn activity_since(
        &self,
        since: &[u64],
    ) -> Result<HashMap<(OwnerId, StreamId), Activity>, SegmentError> {
        let mut activity: HashMap<(OwnerId, StreamId), Activity> = HashMap::new();
        for (shard, from) in self.shards.iter().zip(since.iter().copied().chain(std::iter::repeat(0))) {
            shard.heads_since(from, &self.cache, |head| {
                for span in head.spans() {
                    let new = Activity {
                        first: Timestamp::from_millis(span.min),
                        last: Timestamp::from_millis(span.max),
                        ingested: Timestamp::from_millis(head.ingested),
                    };
                    activity.entry((head.owner, span.stream)).and_modify(|a| a.merge(new)).or_insert(new);
                }
            })?;
        }
        Ok(activity)
    }

    /// The next sequence number of each shard: what `activity_since` takes.
    pub fn positions(&self) -> Vec<u64> {
        self.shards.iter().map(Shard::next).collect()
    }

    /// What is on disk.
    pub fn stats(&self) -> Stats {
        let files = self.shards.iter().map(|s| s.files()).map(|f| f.sealed.len() + f.rolled.len() + 1).sum();
        Stats {
            bytes: self.shards.iter().map(Shard::bytes).sum(),
            files,
            evicted: self.evicted.load(Relaxed),
        }
    }
}

/// Owners get their ids one after the other; the multiplication (Fibonacci hashing) spreads any stride of them.
fn shard_of(owner: OwnerId) -> usize {
    (owner.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % usize::from(SHARDS)
}
