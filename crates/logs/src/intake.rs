//! Lines on their way in: what producers hand over without waiting, until it is appended.

use crate::catalog::StreamName;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tinderbox_base::LogLine;
use tinderbox_segments::Batch;
use tokio::sync::Notify;

/// Bytes that a waiting line takes beyond its text.
const LINE_OVERHEAD: usize = 64;
/// Streams whose dropped lines are counted one by one; those of further streams are only in the server's log.
const DROPPED_STREAMS: usize = 1024;

/// The lines waiting for their append, bounded in bytes.
#[derive(Debug)]
pub(crate) struct Intake {
    waiting: Mutex<Waiting>,
    limit: usize,
    /// Told when something waits.
    pub(crate) wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: HashMap<StreamName, Vec<LogLine>>,
    /// Lines whose streams were found and whose append failed.
    left: Vec<Batch>,
    dropped: HashMap<StreamName, u64>,
    /// Bytes waiting, those taken and not yet appended included.
    bytes: usize,
    dropped_total: u64,
}

/// What one flush takes.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) lines: HashMap<StreamName, Vec<LogLine>>,
    pub(crate) left: Vec<Batch>,
    pub(crate) dropped: HashMap<StreamName, u64>,
}

/// The bytes that lines count for.
pub(crate) fn size(lines: &[LogLine]) -> usize {
    lines.iter().map(|line| line.message.len() + LINE_OVERHEAD).sum()
}

/// The bytes that lines count for once they are records.
pub(crate) fn batch_size(batch: &Batch) -> usize {
    batch.records.iter().map(|record| record.body.len() + LINE_OVERHEAD).sum()
}

impl Intake {
    pub(crate) fn new(limit: usize) -> Self {
        Self { waiting: Mutex::default(), limit, wake: Notify::new() }
    }

    /// Takes lines in, or drops and counts them when too much is waiting.
    pub(crate) fn push(&self, name: StreamName, lines: Vec<LogLine>) {
        if lines.is_empty() {
            return;
        }
        let size = size(&lines);
        let mut waiting = self.lock();
        if waiting.bytes + size > self.limit {
            let count = lines.len() as u64;
            waiting.dropped_total += count;
            if waiting.dropped.len() < DROPPED_STREAMS || waiting.dropped.contains_key(&name) {
                *waiting.dropped.entry(name).or_default() += count;
            }
        } else {
            waiting.bytes += size;
            waiting.lines.entry(name).or_default().extend(lines);
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Takes everything out; its bytes count until `done`.
    pub(crate) fn take(&self) -> Taken {
        let mut waiting = self.lock();
        Taken {
            lines: std::mem::take(&mut waiting.lines),
            left: std::mem::take(&mut waiting.left),
            dropped: std::mem::take(&mut waiting.dropped),
        }
    }

    /// Counts `bytes` that are to be appended and were not handed over.
    pub(crate) fn owe(&self, bytes: usize) {
        self.lock().bytes += bytes;
    }

    /// Says that `bytes` were appended.
    pub(crate) fn done(&self, bytes: usize) {
        let mut waiting = self.lock();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
    }

    /// Puts back lines whose stream could not be found or made, before those that came since.
    pub(crate) fn put_back_lines(&self, name: StreamName, mut lines: Vec<LogLine>) {
        let mut waiting = self.lock();
        let since = waiting.lines.entry(name).or_default();
        lines.append(since);
        *since = lines;
    }

    /// Puts back the count of dropped lines that could not be told yet.
    pub(crate) fn put_back_dropped(&self, name: StreamName, count: u64) {
        *self.lock().dropped.entry(name).or_default() += count;
    }

    /// Puts back what could not be appended.
    pub(crate) fn put_back(&self, left: Vec<Batch>) {
        self.lock().left.extend(left);
    }

    /// Forgets what waits.
    pub(crate) fn clear(&self) {
        let mut waiting = self.lock();
        *waiting = Waiting { dropped_total: waiting.dropped_total, ..Waiting::default() };
    }

    /// Whether nothing waits and nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.bytes == 0 && waiting.dropped.is_empty()
    }

    /// Bytes waiting, and lines dropped since the start.
    pub(crate) fn counts(&self) -> (usize, u64) {
        let waiting = self.lock();
        (waiting.bytes, waiting.dropped_total)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
