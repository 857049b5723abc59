//! Log events out of the bytes that an instance writes.
//!
//! Bytes are split after newlines. A record, begun by a magic number where an event may begin, is one
//! event however many lines it has. Nothing in it is trusted, and nothing over [`MAX_EVENT_BYTES`]
//! is ever held: what is longer becomes several events.

use crate::Level;
use memchr::memchr;
use std::{borrow::Cow, time::Duration};
use tinderbox_base::Timestamp;

/// The longest event, in bytes (CloudWatch Logs' quota on an event's size).
pub(crate) const MAX_EVENT_BYTES: usize = 256 * 1024;
const MAGIC: [u8; 4] = [0xa5, 0x5a, 0x54, 0x42];
/// Magic, level, length of the text, time.
const RECORD_PREFIX: usize = 4 + 1 + 4 + 8;
/// How far a record's own time may lie back before the time of reading is taken instead.
const MAX_LAG: Duration = Duration::from_secs(15 * 60);

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) time: Timestamp,
    pub(crate) level: Option<Level>,
    pub(crate) text: Cow<'a, str>,
}

/// The state between two reads.
#[derive(Debug, Default)]
pub(crate) struct LogParser {
    /// The beginning of an event, without its end.
    pending: Vec<u8>,
    record: Option<Record>,
    /// The rest of the line is the continuation of one that was cut.
    cut: bool,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    level: Option<Level>,
    time: Timestamp,
    left: usize,
}

impl LogParser {
    /// Takes the bytes of one read, which happened at `now`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], now: Timestamp, emit: &mut dyn FnMut(Line<'_>)) {
        while !bytes.is_empty() {
            bytes = match self.record {
                Some(record) => self.feed_record(record, bytes, emit),
                None if self.begins_record(bytes) => self.feed_prefix(bytes, now),
                None => self.feed_line(bytes, now, emit),
            };
            // A record without text is complete with its prefix.
            if let Some(Record { left: 0, level, time }) = self.record {
                self.record = None;
                self.emit_pending(level, time, emit);
            }
        }
    }

    /// Ends whatever is incomplete: the invocation is over, or the instance.
    pub(crate) fn flush(&mut self, now: Timestamp, emit: &mut dyn FnMut(Line<'_>)) {
        let record = self.record.take();
        self.cut = false;
        if !self.pending.is_empty() {
            self.emit_pending(record.and_then(|r| r.level), record.map_or(now, |r| r.time), emit);
        }
    }

    /// Whether `pending` and `bytes` together are, or may still become, the prefix of a record.
    fn begins_record(&self, bytes: &[u8]) -> bool {
        if self.cut || self.pending.len() >= RECORD_PREFIX {
            return false;
        }
        MAGIC.iter().zip(self.pending.iter().chain(bytes)).all(|(magic, byte)| magic == byte)
    }

    fn feed_prefix<'b>(&mut self, bytes: &'b [u8], now: Timestamp) -> &'b [u8] {
        let wanted = RECORD_PREFIX - self.pending.len();
        let (prefix, rest) = bytes.split_at(wanted.min(bytes.len()));
        self.pending.extend_from_slice(prefix);
        if let Ok(prefix) = <[u8; RECORD_PREFIX]>::try_from(self.pending.as_slice()) {
            let [_, _, _, _, level, l0, l1, l2, l3, t @ ..] = prefix;
            let left = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
            self.record =
                Some(Record { level: level_of(level), time: plausible(u64::from_le_bytes(t), now), left });
            self.pending.clear();
        }
        rest
    }

    fn feed_record<'b>(
        &mut self,
        mut record: Record,
        bytes: &'b [u8],
        emit: &mut dyn FnMut(Line<'_>),
    ) -> &'b [u8] {
        let room = MAX_EVENT_BYTES - self.pending.len();
        let (text, rest) = bytes.split_at(bytes.len().min(record.left).min(room));
        record.left -= text.len();
        if record.left == 0 && self.pending.is_empty() {
            self.record = None;
            emit(Line { time: record.time, level: record.level, text: String::from_utf8_lossy(text) });
            return rest;
        }
        self.pending.extend_from_slice(text);
        self.record = Some(record);
        if self.pending.len() == MAX_EVENT_BYTES && record.left > 0 {
            self.emit_cut(record.level, record.time, emit);
        }
        rest
    }

    fn feed_line<'b>(&mut self, bytes: &'b [u8], now: Timestamp, emit: &mut dyn FnMut(Line<'_>)) -> &'b [u8] {
        let room = MAX_EVENT_BYTES - self.pending.len();
        let window = &bytes[..bytes.len().min(room)];
        match memchr(b'\n', window) {
            Some(end) => {
                let (line, rest) = bytes.split_at(end + 1);
                if self.pending.is_empty() {
                    // The newline right after a cut ends the line that was told already.
                    if !(self.cut && line == b"\n") {
                        emit(Line { time: now, level: None, text: String::from_utf8_lossy(line) });
                    }
                } else {
                    self.pending.extend_from_slice(line);
                    self.emit_pending(None, now, emit);
                }
                self.cut = false;
                rest
            }
            None => {
                self.pending.extend_from_slice(window);
                if self.pending.len() == MAX_EVENT_BYTES {
                    self.emit_cut(None, now, emit);
                    self.cut = true;
                }
                &bytes[window.len()..]
            }
        }
    }

    fn emit_pending(&mut self, level: Option<Level>, time: Timestamp, emit: &mut dyn FnMut(Line<'_>)) {
        emit(Line { time, level, text: String::from_utf8_lossy(&self.pending) });
        self.pending.clear();
        // One huge event must not make the instance cost its size for hours.
        self.pending.shrink_to(4 * 1024);
    }

    /// Emits a full buffer up to the last whole character, and keeps the rest.
    fn emit_cut(&mut self, level: Option<Level>, time: Timestamp, emit: &mut dyn FnMut(Line<'_>)) {
        let keep = incomplete_tail(&self.pending);
        let tail = self.pending.split_off(self.pending.len() - keep);
        emit(Line { time, level, text: String::from_utf8_lossy(&self.pending) });
        self.pending = tail;
    }
}

/// Bytes at the end that begin a character and do not complete it.
fn incomplete_tail(bytes: &[u8]) -> usize {
    match std::str::from_utf8(&bytes[bytes.len().saturating_sub(4)..]) {
        Ok(_) => 0,
        // Four bytes may begin inside a character, so look for where the last one starts.
        Err(_) => {
            let start = bytes.iter().rev().take(4).position(|b| b & 0xc0 != 0x80);
            match start {
                Some(back) => {
                    let length = match bytes[bytes.len() - 1 - back] {
                        0xc0..=0xdf => 2,
                        0xe0..=0xef => 3,
                        0xf0..=0xf7 => 4,
                        _ => 1,
                    };
                    if back + 1 < length { back + 1 } else { 0 }
                }
                None => 0,
            }
        }
    }
}

fn level_of(level: u8) -> Option<Level> {
    Some(match level {
        1 => Level::Trace,
        2 => Level::Debug,
        3 => Level::Info,
        4 => Level::Warn,
        5 => Level::Error,
        6 => Level::Fatal,
        _ => return None,
    })
}

/// The time a record claims, unless it lies in the future or far back.
fn plausible(micros: u64, now: Timestamp) -> Timestamp {
    let millis = i64::try_from(micros / 1000).unwrap_or(i64::MAX);
    let oldest = now.as_millis() - MAX_LAG.as_millis() as i64;
    if (oldest..=now.as_millis()).contains(&millis) { Timestamp::from_millis(millis) } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn record(level: u8, text: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(level);
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(&((NOW.as_millis() as u64 - 7) * 1000).to_le_bytes());
        out.extend_from_slice(text);
        out
    }

    fn parse(chunks: &[&[u8]]) -> Vec<(Option<Level>, String)> {
        let (mut parser, mut lines) = (LogParser::default(), Vec::new());
        for chunk in chunks {
            parser.feed(chunk, NOW, &mut |l| lines.push((l.level, l.text.into_owned())));
        }
        parser.flush(NOW, &mut |l| lines.push((l.level, l.text.into_owned())));
        lines
    }

    #[test]
    fn lines_and_records() {
        fn check(bytes: &[u8], expect: &[(Option<Level>, &str)]) {
            let expect: Vec<_> = expect.iter().map(|(l, t)| (*l, (*t).to_owned())).collect();
            assert_eq!(parse(&[bytes]), expect, "whole");
            let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(parse(&one_by_one), expect, "byte by byte");
        }
        check(b"", &[]);
        check(b"one\n\ntwo", &[(None, "one\n"), (None, "\n"), (None, "two")]);
        let info = Some(Level::Info);
        check(&record(3, b"a\nb"), &[(info, "a\nb")]);
        check(&record(3, b"a\n"), &[(info, "a\n")]);
        check(&record(3, b""), &[(info, "")]);
        check(
            &[record(0, b"x"), b"raw\n".to_vec(), record(9, b"y")].concat(),
            &[(None, "x"), (None, "raw\n"), (None, "y")],
        );
        // A magic number inside a line is text; half of one at the end is, too.
        check(&[b"raw".as_slice(), &MAGIC, b"\n"].concat(), &[(None, "raw\u{fffd}ZTB\n")]);
        check(&[0xa5, 0x5a, b'x', b'\n'], &[(None, "\u{fffd}Zx\n")]);
        check(&MAGIC[..2], &[(None, "\u{fffd}Z")]);
        // A record that claims more than it has ends with the invocation.
        check(&record(3, b"abcdef")[..RECORD_PREFIX + 3], &[(info, "abc")]);
    }

    #[test]
    fn a_line_without_end_is_cut_between_characters() {
        let text = "é".repeat(MAX_EVENT_BYTES);
        for bytes in
            [text.clone().into_bytes(), record(0, text.as_bytes()), [text.as_bytes(), b"\n"].concat()]
        {
            let lines = parse(&bytes.chunks(8191).collect::<Vec<_>>());
            assert!(lines.iter().all(|(_, t)| t.len() <= MAX_EVENT_BYTES && !t.contains('\u{fffd}')));
            let told = lines.into_iter().map(|(_, t)| t).collect::<String>();
            // The newline right after a cut is told by the cut.
            assert_eq!(told.trim_end_matches('\n'), text);
        }
    }

    #[test]
    fn the_newline_of_a_cut_line_is_no_line() {
        let bytes = [vec![b'x'; MAX_EVENT_BYTES], b"\nnext\n".to_vec()].concat();
        assert_eq!(parse(&[&bytes]).len(), 2);
    }

    #[test]
    fn times_that_cannot_be_are_replaced() {
        fn check(micros: u64, expect: i64) {
            assert_eq!(plausible(micros, NOW), Timestamp::from_millis(expect));
        }
        let now = NOW.as_millis();
        check((now as u64 - 7) * 1000 + 999, now - 7);
        check(0, now);
        check(u64::MAX, now);
        check((now as u64 + 1) * 1000, now);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_panics(
            parts in prop::collection::vec(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..50),
                prop::collection::vec(any::<u8>(), 0..50).prop_map(|t| record(3, &t)),
                Just(MAGIC.to_vec()),
            ], 0..20),
            cut in 1..97usize,
        ) {
            let bytes = parts.concat();
            let whole = parse(&[&bytes]);
            prop_assert_eq!(parse(&bytes.chunks(cut).collect::<Vec<_>>()), whole);
        }

        #[test]
        fn plain_text_is_split_as_lines(text in "[a-zé\n]{0,300}", cut in 1..40usize) {
            let expect: Vec<_> = text.split_inclusive('\n').map(|l| (None, l.to_owned())).collect();
            prop_assert_eq!(parse(&text.as_bytes().chunks(cut).collect::<Vec<_>>()), expect);
        }
    }
}
