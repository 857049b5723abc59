//! A group of commits that become durable together, each checked against those before it.

use crate::{
    Append, Check, Claimed, Commit, Committed, Entry, Epoch, Key, KeyRange, Op, StoreError, Version,
    engine::{Batch, Row, RowRange, View},
    row::{self, Head, Lease},
};
use bytes::Bytes;
use std::{collections::BTreeMap, ops::ControlFlow, time::Duration};
use tinderbox_base::Timestamp;

/// The most records one step of `trim_log` deletes.
const TRIM_STEP: u64 = 4096;

/// The state that commits are checked against: what is durable, and over it what this group adds.
pub(crate) struct Group<V> {
    view: V,
    now: Timestamp,
    last: Version,
    rows: Batch,
    changed: Vec<Key>,
}

/// How far one step of `trim_log` came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trimmed {
    /// Everything before the offset is gone.
    All,
    /// More remains; ask again.
    Part,
}

impl<V: View> Group<V> {
    /// A group that begins at `view`, whose last given version is `last`, at the moment `now`.
    pub(crate) fn new(view: V, last: Version, now: Timestamp) -> Self {
        Self { view, now, last, rows: Batch::new(), changed: Vec::new() }
    }

    /// What to write, the keys and logs that it changes, and the last version given.
    pub(crate) fn finish(mut self) -> (Batch, Vec<Key>, Version) {
        if !self.rows.is_empty() {
            self.rows.insert(row::VERSION_ROW, Some(row::encode_number(self.last.0)));
        }
        (self.rows, self.changed, self.last)
    }

    /// Has something written that changes nothing.
    pub(crate) fn touch(&mut self) {
        self.rows.insert(row::VERSION_ROW, Some(row::encode_number(self.last.0)));
    }

    /// Adds `commit` if every check holds. On any error the group is as it was before.
    pub(crate) fn commit(&mut self, commit: Commit) -> Result<Committed, StoreError> {
        for (index, check) in commit.checks.iter().enumerate() {
            if !self.holds(check)? {
                return Err(StoreError::CheckFailed(index));
            }
        }
        let (records, heads, offsets) = self.place(&commit.appends)?;
        if commit.ops.is_empty() && commit.appends.is_empty() {
            return Ok(Committed { version: self.last, offsets });
        }
        let mut unleased = Vec::new();
        for op in &commit.ops {
            if let Op::Delete(key) = op
                && self.get(&row::lease(key))?.is_some()
            {
                unleased.push(row::lease(key));
            }
        }
        // From here on nothing can fail, so that a commit is added whole.
        let version = self.next_version();
        self.rows.extend(unleased.into_iter().map(|lease| (lease, None)));
        self.rows.extend(records);
        for (log, head) in heads {
            self.rows.insert(row::head(&log), Some(head.encode()));
            self.changed.push(log);
        }
        for op in commit.ops {
            let (key, value) = match op {
                Op::Put(key, value) => (key, Some(row::encode_item(version, &value))),
                Op::Delete(key) => (key, None),
            };
            self.rows.insert(row::item(&key), value);
            self.changed.push(key);
        }
        Ok(Committed { version, offsets })
    }

    /// Claims up to `n` entries of `range` that nobody holds.
    pub(crate) fn claim(
        &mut self,
        range: &KeyRange,
        n: usize,
        owner: &str,
        duration: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut free = Vec::new();
        if n > 0 {
            self.scan(&row::items(range), &mut |(item, value)| {
                let key = row::item_key(&item);
                if self.held(&key)?.is_none() {
                    free.push((key, row::decode_item(value)?));
                }
                Ok(if free.len() < n { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
        }
        if free.is_empty() {
            return Ok(Vec::new());
        }
        // A version is never given twice, so that it serves as an epoch that only grows.
        let epoch = Epoch(self.next_version().0);
        let until = self.now + duration;
        let lease = Lease { epoch, until, owner: owner.to_owned() }.encode();
        let claimed = free.into_iter().map(|(key, found)| {
            self.rows.insert(row::lease(&key), Some(lease.clone()));
            let entry = Entry { key, version: found.version, value: found.value };
            Claimed { entry, epoch, until }
        });
        Ok(claimed.collect())
    }

    /// Gives up the claim on `key` under `epoch`, if it is still held.
    pub(crate) fn release(&mut self, key: Key, epoch: Epoch) -> Result<(), StoreError> {
        if self.held(&key)?.is_some_and(|lease| lease.epoch == epoch) {
            self.rows.insert(row::lease(&key), None);
            self.changed.push(key);
        }
        Ok(())
    }

    /// Forgets records of `log` before `offset`, a bounded number of them.
    pub(crate) fn trim(&mut self, log: &Key, offset: u64) -> Result<Trimmed, StoreError> {
        let head = self.head(log)?;
        let end = offset.min(head.next);
        if end <= head.first {
            return Ok(Trimmed::All);
        }
        let first = end.min(head.first + TRIM_STEP);
        self.rows.extend((head.first..first).map(|offset| (row::record(log, offset), None)));
        self.rows.insert(row::head(log), Some(Head { first, ..head }.encode()));
        Ok(if first < end { Trimmed::Part } else { Trimmed::All })
    }

    fn next_version(&mut self) -> Version {
        self.last.0 += 1;
        self.last
    }

    fn holds(&self, check: &Check) -> Result<bool, StoreError> {
        Ok(match check {
            Check::Absent(key) => self.get(&row::item(key))?.is_none(),
            Check::Present(key) => self.get(&row::item(key))?.is_some(),
            Check::Version(key, version) => match self.get(&row::item(key))? {
                Some(found) => row::decode_item(found)?.version == *version,
                None => false,
            },
            Check::Lease(key, epoch) => self.held(key)?.is_some_and(|lease| lease.epoch == *epoch),
        })
    }

    /// The lease on `key`, unless it has lapsed.
    fn held(&self, key: &Key) -> Result<Option<Lease>, StoreError> {
        let Some(found) = self.get(&row::lease(key))? else { return Ok(None) };
        Ok(Some(Lease::decode(&found)?).filter(|lease| lease.held(self.now)))
    }

    fn head(&self, log: &Key) -> Result<Head, StoreError> {
        self.get(&row::head(log))?.map_or(Ok(Head::default()), |found| Head::decode(&found))
    }

    /// The rows of `appends`, the heads of their logs after them, and the offset of each.
    #[expect(clippy::type_complexity, reason = "three parts of one answer, used once")]
    fn place(
        &self,
        appends: &[Append],
    ) -> Result<(Vec<(Bytes, Option<Bytes>)>, BTreeMap<Key, Head>, Vec<u64>), StoreError> {
        let mut heads = BTreeMap::new();
        let (mut records, mut offsets) = (Vec::new(), Vec::new());
        for Append { log, record } in appends {
            if !heads.contains_key(log) {
                heads.insert(log.clone(), self.head(log)?);
            }
            if let Some(head) = heads.get_mut(log) {
                records.push((row::record(log, head.next), Some(record.clone())));
                offsets.push(head.next);
                head.next += 1;
            }
        }
        Ok((records, heads, offsets))
    }

    fn get(&self, key: &Bytes) -> Result<Option<Bytes>, StoreError> {
        match self.rows.get(key) {
            Some(pending) => Ok(pending.clone()),
            None => self.view.get(key),
        }
    }

    /// Calls `each` with the rows of `range` in order, those of this group in place of older ones.
    fn scan(
        &self,
        range: &RowRange,
        each: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        if range.start >= range.end {
            return Ok(());
        }
        let mut pending = self.rows.range(range.start.clone()..range.end.clone()).peekable();
        let mut done = ControlFlow::Continue(());
        self.view.scan(range, &mut |(key, value)| {
            while let Some((earlier, written)) = pending.next_if(|(earlier, _)| **earlier < key) {
                if let Some(written) = written {
                    done = each((earlier.clone(), written.clone()))?;
                    if done.is_break() {
                        return Ok(done);
                    }
                }
            }
            done = match pending.next_if(|(same, _)| **same == key) {
                Some((_, None)) => ControlFlow::Continue(()),
                Some((_, Some(written))) => each((key, written.clone()))?,
                None => each((key, value))?,
            };
            Ok(done)
        })?;
        for (key, written) in pending {
            let Some(written) = written else { continue };
            if done.is_break() {
                break;
            }
            done = each((key.clone(), written.clone()))?;
        }
        Ok(())
    }
}
