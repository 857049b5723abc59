//! Reading: the records of one owner in the order of time, a page at a time.

use crate::{
    OwnerId, SegmentError, StreamId,
    block::{Fault, Head},
    cache::{Cache, Opened},
    compact::overlaps,
    file,
    open::{Block, Open},
    sealed::Sealed,
    shard::Shard,
};
use bytes::Bytes;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashSet},
    ops::Range,
    sync::Arc,
};
use tinderbox_base::Timestamp;

/// Where a record stands among its owner's: by time, then in the order of appending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The record's time.
    pub time: Timestamp,
    /// The record's sequence number; no two records of an owner share one.
    pub seq: u64,
}

impl Position {
    /// Before every record.
    pub const MIN: Self = Self { time: Timestamp::from_millis(i64::MIN), seq: 0 };
    /// After every record.
    pub const MAX: Self = Self { time: Timestamp::from_millis(i64::MAX), seq: u64::MAX };

    /// Before every record of `time` or later.
    pub const fn at(time: Timestamp) -> Self {
        Self { time, seq: 0 }
    }

    /// The position right after this one.
    pub const fn next(self) -> Self {
        match self.seq.checked_add(1) {
            Some(seq) => Self { time: self.time, seq },
            None => Self { time: Timestamp::from_millis(self.time.as_millis().saturating_add(1)), seq: 0 },
        }
    }

    fn key(self) -> u128 {
        u128::from(self.time.as_millis() as u64 ^ 1 << 63) << 64 | u128::from(self.seq)
    }
}

/// Which end of the range a page comes from. Records are in order of time either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The page holds the first records of the range.
    OldestFirst,
    /// The page holds the last records of the range.
    NewestFirst,
}

/// Which streams are looked at.
#[derive(Clone, Copy, Debug)]
pub enum Streams<'a> {
    /// All of the owner's.
    All,
    /// One.
    One(StreamId),
    /// Some.
    Some(&'a HashSet<StreamId>),
}

impl Streams<'_> {
    fn contains(self, stream: StreamId) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == stream,
            Self::Some(some) => some.contains(&stream),
        }
    }
}

/// How much a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records.
    pub records: usize,
    /// Bytes of all bodies and overheads; one record is returned whatever its size.
    pub bytes: usize,
    /// Bytes counted for each record beyond its body.
    pub overhead: usize,
    /// Bytes of blocks read, after which a page ends where it can, though records may be few or none.
    pub scanned: u64,
}

/// What to read.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Whose records.
    pub owner: OwnerId,
    /// Of which streams.
    pub streams: Streams<'a>,
    /// From where to where.
    pub range: Range<Position>,
    /// From which end.
    pub order: Order,
    /// How much.
    pub limits: Limits,
}

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The body as appended.
    Body(Bytes),
    /// So many records, this one among them, are damaged on disk.
    Damaged(u32),
}

/// A record as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub at: Position,
    /// Its stream.
    pub stream: StreamId,
    /// When it was appended.
    pub ingested: Timestamp,
    /// What it holds.
    pub content: Content,
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The records, in order of their position.
    pub records: Vec<Found>,
    /// What of the range is still to be looked at; none when all of it was.
    pub rest: Option<Range<Position>>,
}

enum Source {
    File(Arc<Sealed>),
    Sealed(Arc<Opened>, Block),
    Open(Arc<Open>, Block),
}

impl Shard {
    /// Answers a query. `accept` says of every record in the range whether it is wanted.
    pub(crate) fn read(
        &self,
        query: &Query<'_>,
        cache: &Cache,
        accept: &mut dyn FnMut(&Found) -> bool,
    ) -> Result<Page, SegmentError> {
        // A file that was rewritten after the list was taken is gone; the new list names its successor.
        for _ in 0..16 {
            match Reading::new(query).run(self, cache, accept) {
                Err(error) if error.is_gone() => {}
                answer => return answer,
            }
        }
        Reading::new(query).run(self, cache, accept)
    }
}

/// A query under way. Inside, positions are keys that grow in the direction of reading, so that there is one
/// direction only.
struct Reading<'a> {
    query: &'a Query<'a>,
    /// Sources by the least key they may hold, the least first; the number breaks ties.
    sources: BinaryHeap<Reverse<(u128, usize)>>,
    held: Vec<Option<Source>>,
    found: BTreeMap<u128, Found>,
    bytes: usize,
    /// The least key known not to fit into the page.
    bound: Option<u128>,
    scanned: u64,
}

impl<'a> Reading<'a> {
    fn new(query: &'a Query<'a>) -> Self {
        let (sources, held, found) = (BinaryHeap::new(), Vec::new(), BTreeMap::new());
        Self { query, sources, held, found, bytes: 0, bound: None, scanned: 0 }
    }

    fn key(&self, position: Position) -> u128 {
        match self.query.order {
            Order::OldestFirst => position.key(),
            Order::NewestFirst => !position.key(),
        }
    }

    /// The least key of records between two times.
    fn near(&self, min: i64, max: i64) -> u128 {
        match self.query.order {
            Order::OldestFirst => self.key(Position::at(Timestamp::from_millis(min))),
            Order::NewestFirst => self.key(Position { time: Timestamp::from_millis(max), seq: u64::MAX }),
        }
    }

    fn add(&mut self, near: u128, source: Source) {
        self.sources.push(Reverse((near, self.held.len())));
        self.held.push(Some(source));
    }

    fn wants(&self, head: &Head) -> bool {
        let range = &self.query.range;
        let overlaps = head.min <= range.end.time.as_millis() && range.start.time.as_millis() <= head.max;
        overlaps
            && match self.query.streams {
                Streams::All => true,
                streams => head.spans().any(|s| {
                    streams.contains(s.stream)
                        && s.min <= range.end.time.as_millis()
                        && range.start.time.as_millis() <= s.max
                }),
            }
    }

    fn run(
        mut self,
        shard: &Shard,
        cache: &Cache,
        accept: &mut dyn FnMut(&Found) -> bool,
    ) -> Result<Page, SegmentError> {
        let range = self.query.range.clone();
        if range.start >= range.end || self.query.limits.records == 0 {
            return Ok(Page::default());
        }
        let files = shard.files();
        for sealed in files.sealed {
            if overlaps(&sealed.name, range.start.time.as_millis(), range.end.time.as_millis()) {
                self.add(self.near(sealed.name.min, sealed.name.max), Source::File(sealed));
            }
        }
        for open in files.rolled.into_iter().chain([files.current]) {
            for block in open.blocks_of(self.query.owner) {
                if self.wants(&block.head) {
                    self.add(self.near(block.head.min, block.head.max), Source::Open(open.clone(), block));
                }
            }
        }
        while let Some(Reverse((near, at))) = self.sources.pop() {
            if self.bound.is_some_and(|bound| near >= bound) {
                break;
            }
            if self.scanned >= self.query.limits.scanned && self.can_stop_before(near) {
                self.bound = Some(near);
                self.found.split_off(&near);
                break;
            }
            match self.held[at].take() {
                Some(Source::File(sealed)) => {
                    let opened = cache.open(&sealed)?;
                    for block in opened.index.blocks_of(self.query.owner) {
                        if self.wants(&block.head) {
                            let near = self.near(block.head.min, block.head.max);
                            self.add(near, Source::Sealed(opened.clone(), block.clone()));
                        }
                    }
                }
                Some(Source::Sealed(opened, block)) => {
                    let name = SegmentError::at(std::path::Path::new("a sealed segment"));
                    let body = file::read_at(
                        &opened.file,
                        block.offset + block.head.body_offset(),
                        block.head.body_len as usize,
                    );
                    self.take(&block, &body.map_err(name)?, accept);
                }
                Some(Source::Open(open, block)) => {
                    let body = file::read_at(
                        open.file(),
                        block.offset + block.head.body_offset(),
                        block.head.body_len as usize,
                    );
                    self.take(&block, &body.map_err(SegmentError::at(&open.path))?, accept);
                }
                None => {}
            }
        }
        Ok(self.page())
    }

    /// Whether ending before `near` moves on at all.
    fn can_stop_before(&self, near: u128) -> bool {
        let range = &self.query.range;
        match self.query.order {
            Order::OldestFirst => near > range.start.key(),
            Order::NewestFirst => near > !range.end.key() + 1,
        }
    }

    fn take(&mut self, block: &Block, body: &[u8], accept: &mut dyn FnMut(&Found) -> bool) {
        self.scanned += block.head.block_len() + u64::from(block.head.raw_len);
        let whole = block.head.unpack(body).and_then(|raw| {
            let raw = Bytes::from(raw);
            let query = self.query;
            block.head.entries(&raw, |entry| {
                let at = Position { time: Timestamp::from_millis(entry.time), seq: entry.seq };
                if query.range.contains(&at) && query.streams.contains(entry.stream) {
                    let content = Content::Body(raw.slice_ref(entry.body));
                    let ingested = Timestamp::from_millis(entry.ingested);
                    self.offer(Found { at, stream: entry.stream, ingested, content }, accept);
                }
            })
        });
        if let Err(fault) = whole {
            self.damaged(block, fault, accept);
        }
    }

    /// Tells of a block that cannot be read where its first record would stand.
    fn damaged(&mut self, block: &Block, fault: Fault, accept: &mut dyn FnMut(&Found) -> bool) {
        let (owner, records) = (block.head.owner.0, block.head.count);
        tracing::error!(owner, offset = block.offset, records, %fault, "a block of a segment is damaged");
        let at = Position { time: Timestamp::from_millis(block.head.min), seq: block.head.first };
        let stream = block.head.spans().map(|s| s.stream).find(|s| self.query.streams.contains(*s));
        if let Some(stream) = stream.filter(|_| self.query.range.contains(&at)) {
            let ingested = Timestamp::from_millis(block.head.ingested);
            self.offer(Found { at, stream, ingested, content: Content::Damaged(records) }, accept);
        }
    }

    /// Takes a record if it is wanted and among the first that fit.
    fn offer(&mut self, mut found: Found, accept: &mut dyn FnMut(&Found) -> bool) {
        let key = self.key(found.at);
        if self.bound.is_some_and(|bound| key >= bound) || !accept(&found) {
            return;
        }
        if let Content::Body(body) = &mut found.content {
            // A slice would keep its whole block in memory for as long as the page lives.
            *body = Bytes::copy_from_slice(body);
        }
        self.bytes += self.cost(&found);
        self.found.insert(key, found);
        let limits = self.query.limits;
        while self.found.len() > limits.records || (self.bytes > limits.bytes && self.found.len() > 1) {
            // Whatever comes before only pushes it further out, so it never has to be looked at again.
            let Some((key, out)) = self.found.pop_last() else { break };
            self.bytes -= self.cost(&out);
            self.bound = Some(key);
        }
    }

    fn cost(&self, found: &Found) -> usize {
        let body = if let Content::Body(body) = &found.content { body.len() } else { 0 };
        body + self.query.limits.overhead
    }

    fn page(self) -> Page {
        let position = |key: u128| Position {
            time: Timestamp::from_millis(((key >> 64) as u64 ^ 1 << 63) as i64),
            seq: key as u64,
        };
        let range = self.query.range.clone();
        let mut records: Vec<Found> = self.found.into_values().collect();
        let rest = match self.query.order {
            Order::OldestFirst => self.bound.map(|bound| position(bound)..range.end),
            Order::NewestFirst => {
                records.reverse();
                self.bound.map(|bound| range.start..position(!bound).next())
            }
        };
        Page { records, rest: rest.filter(|rest| rest.start < rest.end) }
    }
}
