//! Rewriting: sealing full files, merging small ones, leaving out what nobody wants any more.

use crate::{
    Keep, Options, Retention, SegmentError,
    block::{Builder, Fault, Head, TARGET_RAW},
    cache::Cache,
    file,
    names::Sealed as Name,
    open::{Block, Open},
    sealed::{self, Index, Sealed, Writer},
    shard::{Files, Shard, lock},
};
use std::{fs::File, path::Path, sync::Arc};

/// Sealed neighbours are merged once there are this many small ones.
const MERGE: usize = 8;

/// How long what has expired may share a file with what has not: a day.
const GRACE_MILLIS: i64 = 24 * 3600 * 1000;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) removed: usize,
    pub(crate) rewritten: usize,
}

enum Source {
    Open(Arc<Open>),
    Sealed(Arc<Sealed>, File, Index),
}

impl Source {
    fn file(&self) -> &File {
        match self {
            Self::Open(open) => open.file(),
            Self::Sealed(_, file, _) => file,
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Open(open) => &open.path,
            Self::Sealed(sealed, _, _) => &sealed.path,
        }
    }

    fn blocks(&self) -> Vec<Block> {
        match self {
            Self::Open(open) => open.blocks().clone(),
            Self::Sealed(_, _, index) => index.blocks().to_vec(),
        }
    }

    fn read(&self, block: &Block, body_only: bool) -> Result<Vec<u8>, SegmentError> {
        let skip = if body_only { block.head.body_offset() } else { 0 };
        let len = (block.head.block_len() - skip) as usize;
        file::read_at(self.file(), block.offset + skip, len).map_err(SegmentError::at(self.path()))
    }
}

impl Shard {
    /// Seals what is full and merges what is small.
    pub(crate) fn maintain(
        &self,
        keep: &dyn Retention,
        cache: &Cache,
        options: &Options,
    ) -> Result<(), SegmentError> {
        let _alone = lock(&self.maintenance);
        while let Some(full) = self.files().rolled.first().cloned() {
            self.replace(vec![Source::Open(full)], keep, cache)?;
        }
        while let Some(run) = small_run(&self.files(), options.roll_bytes / 2) {
            let opened: Result<Vec<Source>, SegmentError> = run.into_iter().map(open_sealed).collect();
            self.replace(opened?, keep, cache)?;
        }
        Ok(())
    }

    /// Removes files that hold nothing wanted, and rewrites those that hold something deleted, or something
    /// that expired more than a day ago, or of which most has expired: so nothing stays for long, and no file
    /// is rewritten for expiry more than once a day. A file that is written to is closed for it first.
    pub(crate) fn sweep(&self, keep: &dyn Retention, cache: &Cache) -> Result<Swept, SegmentError> {
        if self.files().current.blocks().iter().any(|b| is_due(&b.head, keep)) {
            self.roll_now()?;
        }
        let _alone = lock(&self.maintenance);
        let mut swept = Swept::default();
        for full in self.files().rolled {
            self.replace(vec![Source::Open(full)], keep, cache)?;
            swept.rewritten += 1;
        }
        for sealed in self.files().sealed {
            let source = open_sealed(sealed.clone())?;
            let (mut all, mut dead, mut due) = (0, 0, false);
            for block in source.blocks() {
                all += block.head.block_len();
                dead += if is_dead(&block.head, keep) { block.head.block_len() } else { 0 };
                due |= is_due(&block.head, keep);
            }
            if dead == all {
                self.remove(&[sealed], cache)?;
                swept.removed += 1;
            } else if due || dead * 2 > all {
                self.replace(vec![source], keep, cache)?;
                swept.rewritten += 1;
            }
        }
        Ok(swept)
    }

    /// Forgets and removes sealed files.
    pub(crate) fn remove(&self, sealed: &[Arc<Sealed>], cache: &Cache) -> Result<(), SegmentError> {
        self.change(|files| files.sealed.retain(|s| !sealed.iter().any(|gone| gone.name == s.name)));
        for gone in sealed {
            cache.forget(&gone.name);
            match std::fs::remove_file(&gone.path) {
                // A rewriting was faster.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                done => done.map_err(SegmentError::at(&gone.path))?,
            }
        }
        Ok(())
    }

    /// Writes the sources' wanted records to one sealed file, which then stands for them.
    fn replace(&self, sources: Vec<Source>, keep: &dyn Retention, cache: &Cache) -> Result<(), SegmentError> {
        let mut names = Vec::new();
        let (mut first, mut last, mut generation) = (u64::MAX, 0, 0);
        for source in &sources {
            match source {
                Source::Open(open) => {
                    first = first.min(open.first);
                    last = last.max(open.next().saturating_sub(1));
                }
                Source::Sealed(sealed, ..) => {
                    first = first.min(sealed.name.first);
                    last = last.max(sealed.name.last);
                    generation = generation.max(sealed.name.generation);
                    names.push(sealed.name.clone());
                }
            }
        }
        let mut writer = Writer::create(&self.dir, self.id)?;
        copy(&sources, keep, &mut writer)?;
        let made = writer.finish(self.id, first, last, generation + 1)?;
        self.change(|files| {
            files.sealed.retain(|s| !names.contains(&s.name));
            files.rolled.retain(|o| o.first > last || o.first < first);
            files.sealed.extend(made);
            files.sealed.sort_by_key(|s| s.name.first);
        });
        for source in &sources {
            if let Source::Sealed(sealed, ..) = source {
                cache.forget(&sealed.name);
            }
            std::fs::remove_file(source.path()).map_err(SegmentError::at(source.path()))?;
        }
        Ok(())
    }
}

fn open_sealed(sealed: Arc<Sealed>) -> Result<Source, SegmentError> {
    let (file, index) = sealed::open(&sealed.path)?;
    Ok(Source::Sealed(sealed, file, index))
}

/// The first run of neighbours that are all small and enough of them.
fn small_run(files: &Files, small: u64) -> Option<Vec<Arc<Sealed>>> {
    let runs = files.sealed.split(|s| s.bytes >= small);
    runs.into_iter().find(|run| run.len() >= MERGE).map(|run| run[..run.len().min(MERGE * 2)].to_vec())
}

fn is_dead(head: &Head, keep: &dyn Retention) -> bool {
    match keep.keep(head.owner) {
        Keep::All => false,
        Keep::Since(time) => head.max < time.as_millis(),
        Keep::Nothing => true,
    }
}

/// Whether the block must not stay: its owner or one of its streams is deleted, or it has long expired.
fn is_due(head: &Head, keep: &dyn Retention) -> bool {
    has_gone_stream(head, keep)
        || match keep.keep(head.owner) {
            Keep::All => false,
            Keep::Since(time) => head.max < time.as_millis().saturating_sub(GRACE_MILLIS),
            Keep::Nothing => true,
        }
}

fn has_gone_stream(head: &Head, keep: &dyn Retention) -> bool {
    keep.has_gone(head.owner) && head.spans().any(|s| keep.is_gone(head.owner, s.stream))
}

fn copy(sources: &[Source], keep: &dyn Retention, writer: &mut Writer) -> Result<(), SegmentError> {
    let mut blocks: Vec<(&Source, Block)> =
        sources.iter().flat_map(|s| s.blocks().into_iter().map(move |b| (s, b))).collect();
    blocks.sort_by_key(|(_, b)| (b.head.owner, b.head.first));
    let mut gathered = Gathered::new()?;
    for (source, block) in blocks {
        if is_dead(&block.head, keep) {
            continue;
        }
        if gathered.builder.owner() != block.head.owner {
            gathered.finish(writer)?;
            gathered.builder.restart(block.head.owner);
        }
        let body = source.read(&block, true)?;
        let raw = block.head.unpack(&body);
        let as_it_is =
            raw.is_err() || (block.head.raw_len as usize >= TARGET_RAW / 2 && is_whole(&block.head, keep));
        if as_it_is {
            // Large enough already, or damaged: what is damaged stays, so that readers are told.
            gathered.finish(writer)?;
            writer.add(&block.head, &source.read(&block, false)?)?;
        }
        match raw {
            Ok(raw) if !as_it_is => gathered.add(&block.head, &raw, keep, writer)?,
            Ok(_) => {}
            Err(fault) => report(source.path(), &block, fault),
        }
    }
    gathered.finish(writer)
}

/// Whether everything in the block is wanted.
fn is_whole(head: &Head, keep: &dyn Retention) -> bool {
    let young = match keep.keep(head.owner) {
        Keep::All => true,
        Keep::Since(time) => head.min >= time.as_millis(),
        Keep::Nothing => false,
    };
    young && !has_gone_stream(head, keep)
}

/// Records on their way into larger blocks.
struct Gathered {
    builder: Builder,
    packer: zstd::bulk::Compressor<'static>,
    out: Vec<u8>,
}

impl Gathered {
    fn new() -> Result<Self, SegmentError> {
        let packer = zstd::bulk::Compressor::new(3).map_err(SegmentError::at(Path::new("zstd")))?;
        Ok(Self { builder: Builder::new(crate::OwnerId(0)), packer, out: Vec::new() })
    }

    fn add(
        &mut self,
        head: &Head,
        raw: &[u8],
        keep: &dyn Retention,
        w: &mut Writer,
    ) -> Result<(), SegmentError> {
        let (mut wanted, owner) = (Vec::new(), head.owner);
        let since = if let Keep::Since(time) = keep.keep(owner) { time.as_millis() } else { i64::MIN };
        let gone = keep.has_gone(owner);
        let whole = head.entries(raw, |entry| {
            if entry.time >= since && !(gone && keep.is_gone(owner, entry.stream)) {
                wanted.push(entry);
            }
        });
        if let Err(fault) = whole {
            tracing::error!(%fault, owner = owner.0, "a block's checksum is right and its contents are not");
        }
        for entry in wanted {
            if self.builder.is_full() {
                self.finish(w)?;
            }
            self.builder.push(entry);
        }
        Ok(())
    }

    fn finish(&mut self, writer: &mut Writer) -> Result<(), SegmentError> {
        if self.builder.is_empty() {
            return Ok(());
        }
        self.out.clear();
        let made = self.builder.finish(&mut self.packer, &mut self.out);
        writer.add(&made.map_err(SegmentError::at(Path::new("zstd")))?, &self.out)
    }
}

fn report(path: &Path, block: &Block, fault: Fault) {
    let (path, offset, records) = (path.display(), block.offset, block.head.count);
    tracing::error!(%path, offset, records, %fault, "a block is damaged; its records cannot be read");
}

/// The sealed file that is the first to go when room is needed.
pub(crate) fn oldest<'a>(shards: impl Iterator<Item = &'a Shard>) -> Option<(&'a Shard, Arc<Sealed>)> {
    let all = shards.flat_map(|shard| shard.files().sealed.into_iter().map(move |sealed| (shard, sealed)));
    all.min_by_key(|(_, sealed)| (sealed.name.max, sealed.name.first))
}

/// The times a file's name tells, for choosing what to read.
pub(crate) fn overlaps(name: &Name, min: i64, max: i64) -> bool {
    name.min <= max && min <= name.max
}
