//! Lines on their way in: what producers hand over without waiting, until it is appended.

use crate::catalog::StreamName;
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tinderbox_base::{LogLine, LogOrigin, Timestamp};
use tinderbox_segments::{Batch, Record, StreamId};
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

/// Lines of one stream, their texts one after the other: many small allocations become one.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    text: Vec<u8>,
    lines: Vec<(Timestamp, usize)>,
}

impl Lines {
    /// Adds lines to the end.
    pub(crate) fn extend(&mut self, lines: Vec<LogLine>) {
        for line in lines {
            self.lines.push((line.time, line.message.len()));
            self.text.extend(line.message.into_bytes());
        }
    }

    /// The bytes that they count for.
    fn size(&self) -> usize {
        self.text.len() + self.lines.len() * LINE_OVERHEAD
    }

    fn append(&mut self, mut other: Self) {
        self.text.append(&mut other.text);
        self.lines.append(&mut other.lines);
    }

    /// The lines as records of `stream`.
    pub(crate) fn into_records(self, stream: StreamId) -> Vec<Record> {
        let mut text = Bytes::from(self.text);
        let record = |(time, len)| Record { stream, time, body: text.split_to(len) };
        self.lines.into_iter().map(record).collect()
    }
}

#[derive(Debug, Default)]
struct Waiting {
    lines: HashMap<StreamName, Lines>,
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
    pub(crate) lines: HashMap<StreamName, Lines>,
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
    ///
    /// The platform's lines may use all there is. A function's are taken while no more of their stream waits than is
    /// free (the dynamic threshold by which switches share buffers, Choudhury and Hahne 1998): one flood fills half,
    /// n of them n parts of n + 1, and there is always room for who says little.
    pub(crate) fn push(&self, name: StreamName, origin: LogOrigin, lines: Vec<LogLine>) {
        if lines.is_empty() {
            return;
        }
        let size = size(&lines);
        let mut waiting = self.lock();
        let free = self.limit.saturating_sub(waiting.bytes);
        let of_stream = match origin {
            LogOrigin::Function => waiting.lines.get(&name).map_or(0, Lines::size),
            LogOrigin::Platform => 0,
        };
        if of_stream + size > free {
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
    pub(crate) fn put_back_lines(&self, name: StreamName, mut lines: Lines) {
        let mut waiting = self.lock();
        let place = waiting.lines.entry(name).or_default();
        lines.append(std::mem::take(place));
        *place = lines;
    }

    /// Puts back the count of dropped lines that could not be told yet.
    pub(crate) fn put_back_dropped(&self, name: StreamName, count: u64) {
        *self.lock().dropped.entry(name).or_default() += count;
    }

    /// Puts back what could not be appended.
    pub(crate) fn put_back(&self, left: Vec<Batch>) {
        self.lock().left.extend(left);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Place;
    use tinderbox_base::{
        AccountId,
        LogOrigin::{Function, Platform},
        Region,
    };

    fn name(stream: &str) -> StreamName {
        let place = Place { account: AccountId::default(), region: Region::default() };
        StreamName { place, group: "g".into(), stream: stream.into() }
    }

    fn lines(texts: &[&str]) -> Vec<LogLine> {
        texts.iter().map(|text| LogLine { time: Timestamp::default(), message: (*text).into() }).collect()
    }

    fn texts(lines: Lines) -> Vec<String> {
        let records = lines.into_records(StreamId(1));
        records.iter().map(|r| String::from_utf8_lossy(&r.body).into_owned()).collect()
    }

    #[test]
    fn what_is_put_back_comes_before_what_came_since() {
        let intake = Intake::new(1000);
        intake.push(name("s"), Platform, lines(&["a", "b"]));
        let mut taken = intake.take();
        intake.push(name("s"), Platform, lines(&["", "c"]));
        intake.put_back_lines(name("s"), taken.lines.remove(&name("s")).unwrap_or_default());
        let mut taken = intake.take();
        assert_eq!(texts(taken.lines.remove(&name("s")).unwrap_or_default()), ["a", "b", "", "c"]);
    }

    #[test]
    fn what_is_taken_counts_until_it_is_done() {
        let intake = Intake::new(2 * LINE_OVERHEAD + 2);
        intake.push(name("s"), Platform, lines(&["a"]));
        let _taken = intake.take();
        intake.push(name("s"), Platform, lines(&["b"]));
        intake.push(name("s"), Platform, lines(&["c"]));
        assert_eq!(intake.counts(), (2 * LINE_OVERHEAD + 2, 1));
        intake.done(LINE_OVERHEAD + 1);
        intake.push(name("s"), Platform, lines(&["d"]));
        let mut taken = intake.take();
        assert_eq!(texts(taken.lines.remove(&name("s")).unwrap_or_default()), ["b", "d"]);
        assert_eq!(taken.dropped, HashMap::from([(name("s"), 1)]));
        intake.done(2 * (LINE_OVERHEAD + 1));
        assert!(intake.is_empty());
    }

    #[test]
    fn dropped_lines_are_counted_for_a_bounded_number_of_streams() {
        let intake = Intake::new(0);
        for i in 0..DROPPED_STREAMS + 5 {
            intake.push(name(&i.to_string()), Platform, lines(&["x", "y"]));
        }
        assert_eq!(intake.take().dropped.len(), DROPPED_STREAMS);
        assert_eq!(intake.counts().1, 2 * (DROPPED_STREAMS as u64 + 5));
    }

    #[test]
    fn a_flood_leaves_room_for_others_and_for_what_the_platform_says_of_it() {
        let (flood, line) = (name("flood"), LINE_OVERHEAD + 1);
        let intake = Intake::new(16 * line);
        for _ in 0..100 {
            intake.push(flood.clone(), Function, lines(&["x"]));
        }
        assert_eq!(intake.counts(), (8 * line, 92), "half is left");
        // What is being appended is not free, either.
        let first = intake.take();
        for _ in 0..100 {
            intake.push(flood.clone(), Function, lines(&["y"]));
        }
        intake.push(name("quiet"), Function, lines(&["z"]));
        intake.push(flood.clone(), Platform, lines(&["s"]));
        intake.push(flood.clone(), Platform, lines(&["e", "r"]));
        let mut second = intake.take();
        assert_eq!(texts(second.lines.remove(&name("quiet")).unwrap_or_default()), ["z"]);
        let of_flood = texts(second.lines.remove(&flood).unwrap_or_default());
        assert_eq!(of_flood, ["y", "y", "y", "y", "s", "e", "r"]);
        assert_eq!(first.lines[&flood].size(), 8 * line);
    }
}
