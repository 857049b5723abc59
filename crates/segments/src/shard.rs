//! One shard: the files of a share of the owners, in the order of their sequence numbers.

use crate::{
    Batch, MAX_BODY, Options, OwnerId, SegmentError,
    block::{Builder, Entry, Head},
    cache::Cache,
    names::{Name, Sealed as SealedName},
    open::Open,
    sealed::{self, Sealed},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};
use tinderbox_base::Timestamp;

/// Full files that may wait to be sealed before appends are refused: their indexes are in memory.
pub(crate) const MAX_ROLLED: usize = 8;

/// The files of a shard.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) id: u8,
    pub(crate) dir: PathBuf,
    files: RwLock<Files>,
    /// The next sequence number; held by the one who appends.
    writing: Mutex<u64>,
    /// How far is on disk: the current file's first sequence number and its length.
    synced: Mutex<(u64, u64)>,
    /// Bytes of each owner in the sealed files, once somebody has asked.
    sizes: Mutex<HashMap<SealedName, BTreeMap<OwnerId, u64>>>,
    /// Held by the one who rewrites.
    pub(crate) maintenance: Mutex<()>,
}

/// The files at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// Sorted by their first sequence number.
    pub(crate) sealed: Vec<Arc<Sealed>>,
    /// Full, not yet sealed.
    pub(crate) rolled: Vec<Arc<Open>>,
    /// The one appended to.
    pub(crate) current: Arc<Open>,
}

impl Shard {
    /// Opens the files of shard `id` that are among `found`; leftovers of a rewriting are removed.
    pub(crate) fn open(id: u8, dir: PathBuf, found: &[(Name, u64)]) -> Result<Self, SegmentError> {
        let mine = found.iter().filter(|(name, _)| match name {
            Name::Open { shard, .. } => *shard == id,
            Name::Sealed(sealed) => sealed.shard == id,
        });
        let all: Vec<&SealedName> =
            mine.clone().filter_map(|(n, _)| if let Name::Sealed(s) = n { Some(s) } else { None }).collect();
        let (mut sealed, mut open) = (Vec::new(), Vec::new());
        for (name, bytes) in mine {
            let path = dir.join(name.to_string());
            let (first, generation) = match name {
                Name::Open { first, .. } => (*first, 0),
                Name::Sealed(s) => (s.first, s.generation),
            };
            if all.iter().any(|s| s.covers(id, first, generation)) {
                std::fs::remove_file(&path).map_err(SegmentError::at(&path))?;
                continue;
            }
            match name {
                Name::Sealed(name) => {
                    sealed.push(Arc::new(Sealed { name: name.clone(), path, bytes: *bytes }))
                }
                Name::Open { first, .. } => {
                    let (file, recovered) = Open::recover(path, *first)?;
                    report(&file, &recovered);
                    open.push(Arc::new(file));
                }
            }
        }
        sealed.sort_by_key(|s| s.name.first);
        open.sort_by_key(|o| o.first);
        let sealed_next = sealed.iter().map(|s| s.name.last + 1).max().unwrap_or(0);
        let next = open.iter().map(|o| o.next()).fold(sealed_next, u64::max);
        // A file that was made to follow a full one, which then went on because that failed: its name would
        // claim numbers that the other has.
        open.retain(|o| o.first == next || !o.blocks().is_empty() || std::fs::remove_file(&o.path).is_err());
        let current = match open.pop() {
            Some(current) if open.iter().all(|o| o.next() <= current.first) => current,
            Some(other) => {
                return Err(SegmentError::Damaged { path: other.path.clone(), what: "it overlaps another" });
            }
            None => {
                Arc::new(Open::create(dir.join(Name::Open { shard: id, first: next }.to_string()), next)?)
            }
        };
        Ok(Self {
            id,
            dir,
            files: RwLock::new(Files { sealed, rolled: open, current }),
            writing: Mutex::new(next),
            synced: Mutex::default(),
            sizes: Mutex::default(),
            maintenance: Mutex::default(),
        })
    }

    /// The files of this moment.
    pub(crate) fn files(&self) -> Files {
        self.files.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the list of files, at once for every reader.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Files)) {
        change(&mut self.files.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Appends the batches with one write. True when a full file now waits to be sealed.
    pub(crate) fn append(
        &self,
        ingested: Timestamp,
        batches: &[Batch],
        options: &Options,
    ) -> Result<bool, SegmentError> {
        let mut next = lock(&self.writing);
        let files = self.files();
        if files.rolled.len() >= MAX_ROLLED {
            return Err(SegmentError::Behind(files.rolled.len()));
        }
        let (mut seq, mut bytes, mut heads) = (*next, Vec::new(), Vec::new());
        let fail = SegmentError::at(&files.current.path);
        let mut packer = zstd::bulk::Compressor::new(1).map_err(&fail)?;
        for batch in batches {
            let mut builder = Builder::new(batch.owner);
            for record in &batch.records {
                if record.body.len() > MAX_BODY {
                    return Err(SegmentError::TooLong(record.body.len()));
                }
                if builder.is_full() {
                    heads.push(builder.finish(&mut packer, &mut bytes).map_err(&fail)?);
                }
                builder.push(Entry {
                    seq,
                    stream: record.stream,
                    time: record.time.as_millis(),
                    ingested: ingested.as_millis(),
                    body: &record.body,
                });
                seq += 1;
            }
            if !builder.is_empty() {
                heads.push(builder.finish(&mut packer, &mut bytes).map_err(&fail)?);
            }
        }
        files.current.append(&bytes, heads)?;
        *next = seq;
        let full =
            files.current.len() >= options.roll_bytes || files.current.blocks().len() >= options.roll_blocks;
        if full { self.roll(&files.current, seq) } else { Ok(false) }
    }

    /// Begins the next file although the current one is not full.
    pub(crate) fn roll_now(&self) -> Result<(), SegmentError> {
        let next = lock(&self.writing);
        let current = self.files().current;
        if !current.blocks().is_empty() {
            self.roll(&current, *next)?;
        }
        Ok(())
    }

    fn roll(&self, full: &Arc<Open>, next: u64) -> Result<bool, SegmentError> {
        // What was appended is readable whatever happens here; the next append tries again.
        let path = self.dir.join(Name::Open { shard: self.id, first: next }.to_string());
        let made = full.sync().and_then(|()| Open::create(path, next));
        match made {
            Ok(current) => {
                self.change(|files| {
                    files.rolled.push(std::mem::replace(&mut files.current, Arc::new(current)))
                });
                Ok(true)
            }
            Err(error) => {
                tracing::error!(%error, shard = self.id, "a full segment could not be followed by a new one");
                Ok(false)
            }
        }
    }

    /// Waits until everything appended before the call is on disk. Concurrent calls share one sync.
    pub(crate) fn sync(&self) -> Result<(), SegmentError> {
        let current = self.files().current;
        let target = (current.first, current.len());
        let mut synced = lock(&self.synced);
        if *synced < target {
            current.sync()?;
            *synced = target;
        }
        Ok(())
    }

    /// The next sequence number.
    pub(crate) fn next(&self) -> u64 {
        *lock(&self.writing)
    }

    /// Bytes of `owner`'s blocks.
    pub(crate) fn usage(&self, owner: OwnerId) -> Result<u64, SegmentError> {
        let files = self.files();
        let open = files.rolled.iter().chain([&files.current]);
        let mut bytes =
            open.map(|o| o.blocks_of(owner).iter().map(|b| b.head.block_len()).sum::<u64>()).sum();
        let mut sizes = lock(&self.sizes);
        if sizes.len() > files.sealed.len() + 64 {
            let there: HashSet<&SealedName> = files.sealed.iter().map(|s| &s.name).collect();
            sizes.retain(|name, _| there.contains(name));
        }
        for sealed in files.sealed {
            if !sizes.contains_key(&sealed.name) {
                let opened = sealed::open(&sealed.path);
                if opened.as_ref().is_err_and(SegmentError::is_gone) {
                    continue;
                }
                sizes.insert(sealed.name.clone(), opened?.1.owners());
            }
            bytes += sizes[&sealed.name].get(&owner).copied().unwrap_or(0);
        }
        Ok(bytes)
    }

    /// Calls `each` for every block that holds sequence number `from` or a later one.
    pub(crate) fn heads_since(
        &self,
        from: u64,
        cache: &Cache,
        mut each: impl FnMut(&Head),
    ) -> Result<(), SegmentError> {
        let files = self.files();
        for open in files.rolled.iter().chain([&files.current]) {
            open.blocks().iter().filter(|b| b.head.last >= from).for_each(|b| each(&b.head));
        }
        for sealed in files.sealed.iter().filter(|s| s.name.last >= from) {
            let opened = cache.open(sealed)?;
            opened.index.blocks().iter().filter(|b| b.head.last >= from).for_each(|b| each(&b.head));
        }
        Ok(())
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        let files = self.files();
        let open = files.rolled.iter().map(|o| o.len()).sum::<u64>() + files.current.len();
        files.sealed.iter().map(|s| s.bytes).sum::<u64>() + open
    }
}

/// A lock whose holder never leaves half a change behind, so that poisoning means nothing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report(file: &Open, recovered: &crate::open::Recovered) {
    let path = file.path.display();
    if recovered.torn > 0 {
        tracing::warn!(%path, bytes = recovered.torn, "cut off the torn end of a segment");
    }
    for (from, to) in &recovered.damaged {
        tracing::error!(%path, from, to, "bytes in the middle of a segment are damaged; their records are lost");
    }
}
