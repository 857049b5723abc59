//! A block: the records of one owner that were appended together, with a header that tells what is inside.
//!
//! On disk: a fixed header, the table of streams, the body. The header's checksum covers header and table,
//! another the body; so a block is whole or detected, and skippable without its body.

use crate::{OwnerId, StreamId, varint};
use std::collections::HashMap;

/// Bytes of the fixed header.
pub(crate) const HEAD_LEN: usize = 80;
/// `TBLK`, the first bytes of every block.
pub(crate) const MAGIC: [u8; 4] = *b"TBLK";
/// Raw bytes at which a block is closed: small enough to decode for one line, large enough to compress well.
pub(crate) const TARGET_RAW: usize = 256 * 1024;
/// Raw bytes a block may have: the target, one longest record, and 50 bytes of numbers for each of the 21,846
/// empty records that reach the target, rounded up.
pub(crate) const MAX_RAW: usize = 4 << 20;
/// Bytes a table may have: 40 for each of 21,846 streams, rounded up.
pub(crate) const MAX_TABLE: usize = 1 << 20;

const PACKED: u32 = 1;

/// What is known of a block without reading its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) owner: OwnerId,
    /// The least and the greatest sequence number inside.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The earliest and the latest time inside, in milliseconds.
    pub(crate) min: i64,
    pub(crate) max: i64,
    /// The latest time of ingestion inside, in milliseconds.
    pub(crate) ingested: i64,
    pub(crate) count: u32,
    pub(crate) raw_len: u32,
    pub(crate) body_len: u32,
    pub(crate) body_crc: u32,
    pub(crate) packed: bool,
    /// The streams inside, encoded: see `spans`.
    pub(crate) table: Box<[u8]>,
}

/// What a block holds of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) stream: StreamId,
    pub(crate) count: u64,
    pub(crate) min: i64,
    pub(crate) max: i64,
}

/// One record of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) seq: u64,
    pub(crate) stream: StreamId,
    pub(crate) time: i64,
    pub(crate) ingested: i64,
    pub(crate) body: &'a [u8],
}

/// Why bytes are not a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the block is cut short")]
    Short,
    #[error("no block begins here")]
    Magic,
    #[error("the block's checksum does not match")]
    Checksum,
    #[error("the block's contents contradict its header")]
    Malformed,
}

impl Head {
    /// Bytes of the whole block.
    pub(crate) fn block_len(&self) -> u64 {
        HEAD_LEN as u64 + self.table.len() as u64 + u64::from(self.body_len)
    }

    /// Where the body begins, from the block's first byte.
    pub(crate) fn body_offset(&self) -> u64 {
        HEAD_LEN as u64 + self.table.len() as u64
    }

    /// Appends header and table.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend(MAGIC);
        out.extend([0; 4]);
        let flags = if self.packed { PACKED } else { 0 };
        for word in [self.body_crc, self.body_len, self.raw_len, self.count, self.table.len() as u32, flags] {
            out.extend(word.to_le_bytes());
        }
        let words =
            [self.owner.0, self.first, self.last, self.min as u64, self.max as u64, self.ingested as u64];
        for word in words {
            out.extend(word.to_le_bytes());
        }
        out.extend(&self.table[..]);
        let crc = crc32fast::hash(&out[start + 8..]);
        out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    }

    /// The length of the table, from the fixed header's bytes, so that a reader knows how much more to read.
    pub(crate) fn table_len(fixed: &[u8; HEAD_LEN]) -> Result<usize, Fault> {
        if fixed[..4] != MAGIC {
            return Err(Fault::Magic);
        }
        let len = u32::from_le_bytes([fixed[24], fixed[25], fixed[26], fixed[27]]) as usize;
        if len > MAX_TABLE { Err(Fault::Malformed) } else { Ok(len) }
    }

    /// Reads header and table from the front of `bytes`.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let (fixed, rest) = bytes.split_first_chunk::<HEAD_LEN>().ok_or(Fault::Short)?;
        let table = rest.get(..Self::table_len(fixed)?).ok_or(Fault::Short)?;
        let word = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&fixed[8..]);
        crc.update(table);
        if crc.finalize() != word(4) {
            return Err(Fault::Checksum);
        }
        let head = Self {
            owner: OwnerId(long(32)),
            first: long(40),
            last: long(48),
            min: long(56) as i64,
            max: long(64) as i64,
            ingested: long(72) as i64,
            count: word(20),
            raw_len: word(16),
            body_len: word(12),
            body_crc: word(8),
            packed: word(28) & PACKED != 0,
            table: table.into(),
        };
        let raw = head.raw_len as usize;
        if raw > MAX_RAW
            || head.body_len as usize > MAX_RAW
            || (!head.packed && head.raw_len != head.body_len)
        {
            return Err(Fault::Malformed);
        }
        Ok(head)
    }

    /// What the block holds of each stream; ends early when the table is malformed.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        let (mut rest, mut stream) = (&self.table[..], 0i64);
        std::iter::from_fn(move || {
            stream = stream.wrapping_add(varint::take_signed(&mut rest)?);
            let count = varint::take(&mut rest)?;
            let min = self.min.wrapping_add_unsigned(varint::take(&mut rest)?);
            let max = min.wrapping_add_unsigned(varint::take(&mut rest)?);
            Some(Span { stream: StreamId(stream as u64), count, min, max })
        })
    }

    /// Checks and unpacks the body as it was read from disk.
    pub(crate) fn unpack(&self, body: &[u8]) -> Result<Vec<u8>, Fault> {
        if body.len() != self.body_len as usize {
            return Err(Fault::Short);
        }
        if crc32fast::hash(body) != self.body_crc {
            return Err(Fault::Checksum);
        }
        if !self.packed {
            return Ok(body.to_vec());
        }
        let raw = zstd::bulk::decompress(body, self.raw_len as usize).map_err(|_| Fault::Malformed)?;
        if raw.len() == self.raw_len as usize { Ok(raw) } else { Err(Fault::Malformed) }
    }

    /// Calls `each` for every record of an unpacked body.
    pub(crate) fn entries<'a>(&self, raw: &'a [u8], mut each: impl FnMut(Entry<'a>)) -> Result<(), Fault> {
        let streams: Vec<StreamId> = self.spans().map(|s| s.stream).collect();
        let (mut rest, mut seq, mut time, mut ingested) = (raw, self.first, self.min, self.min);
        for _ in 0..self.count {
            let entry = (|| {
                seq = seq.wrapping_add(varint::take(&mut rest)?);
                let stream = *streams.get(usize::try_from(varint::take(&mut rest)?).ok()?)?;
                time = time.wrapping_add(varint::take_signed(&mut rest)?);
                ingested = ingested.wrapping_add(varint::take_signed(&mut rest)?);
                let len = varint::take(&mut rest)?;
                Some(Entry { seq, stream, time, ingested, body: varint::take_bytes(&mut rest, len)? })
            })();
            each(entry.ok_or(Fault::Malformed)?);
        }
        if rest.is_empty() { Ok(()) } else { Err(Fault::Malformed) }
    }
}

/// Gathers records into a block.
#[derive(Debug)]
pub(crate) struct Builder {
    owner: OwnerId,
    records: Vec<(u64, u32, i64, i64, u32)>,
    bodies: Vec<u8>,
    spans: Vec<Span>,
    lookup: HashMap<StreamId, u32>,
}

impl Builder {
    pub(crate) fn new(owner: OwnerId) -> Self {
        Self { owner, records: Vec::new(), bodies: Vec::new(), spans: Vec::new(), lookup: HashMap::new() }
    }

    pub(crate) fn owner(&self) -> OwnerId {
        self.owner
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether the block should be closed before more is added.
    pub(crate) fn is_full(&self) -> bool {
        // A record's own numbers take 12 bytes or fewer but for outliers; 50 is their limit.
        self.bodies.len() + self.records.len() * 12 >= TARGET_RAW
    }

    /// Adds a record; sequence numbers must not decrease.
    pub(crate) fn push(&mut self, entry: Entry<'_>) {
        let at = *self.lookup.entry(entry.stream).or_insert_with(|| {
            self.spans.push(Span { stream: entry.stream, count: 0, min: entry.time, max: entry.time });
            self.spans.len() as u32 - 1
        });
        let span = &mut self.spans[at as usize];
        span.count += 1;
        span.min = span.min.min(entry.time);
        span.max = span.max.max(entry.time);
        self.records.push((entry.seq, at, entry.time, entry.ingested, entry.body.len() as u32));
        self.bodies.extend(entry.body);
    }

    /// Appends the block to `out` and starts anew for `owner`.
    pub(crate) fn finish(
        &mut self,
        packer: &mut zstd::bulk::Compressor<'_>,
        out: &mut Vec<u8>,
    ) -> std::io::Result<Head> {
        let min = self.spans.iter().map(|s| s.min).min().unwrap_or(0);
        let max = self.spans.iter().map(|s| s.max).max().unwrap_or(0);
        let first = self.records.first().map_or(0, |r| r.0);
        let last = self.records.last().map_or(0, |r| r.0);
        let mut raw = Vec::with_capacity(self.bodies.len() + self.records.len() * 8);
        let (mut seq, mut time, mut ingested, mut bodies) = (first, min, min, &self.bodies[..]);
        for &(s, at, t, i, len) in &self.records {
            varint::put(&mut raw, s.wrapping_sub(seq));
            varint::put(&mut raw, u64::from(at));
            varint::put_signed(&mut raw, t.wrapping_sub(time));
            varint::put_signed(&mut raw, i.wrapping_sub(ingested));
            varint::put(&mut raw, u64::from(len));
            raw.extend(varint::take_bytes(&mut bodies, u64::from(len)).unwrap_or_default());
            (seq, time, ingested) = (s, t, i);
        }
        let (mut table, mut stream) = (Vec::new(), 0i64);
        for span in &self.spans {
            varint::put_signed(&mut table, (span.stream.0 as i64).wrapping_sub(stream));
            varint::put(&mut table, span.count);
            varint::put(&mut table, span.min.wrapping_sub(min) as u64);
            varint::put(&mut table, span.max.wrapping_sub(span.min) as u64);
            stream = span.stream.0 as i64;
        }
        let packed = packer.compress(&raw)?;
        let (body, is_packed) = if packed.len() < raw.len() { (&packed, true) } else { (&raw, false) };
        let head = Head {
            owner: self.owner,
            first,
            last,
            min,
            max,
            ingested: self.records.iter().map(|r| r.3).max().unwrap_or(0),
            count: self.records.len() as u32,
            raw_len: raw.len() as u32,
            body_len: body.len() as u32,
            body_crc: crc32fast::hash(body),
            packed: is_packed,
            table: table.into(),
        };
        head.encode(out);
        out.extend(body);
        self.records.clear();
        self.bodies.clear();
        self.spans.clear();
        self.lookup.clear();
        Ok(head)
    }

    /// Goes on for another owner; whatever was gathered must have been finished.
    pub(crate) fn restart(&mut self, owner: OwnerId) {
        self.owner = owner;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (u64, u64, i64, i64, Vec<u8>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let row =
            (0u64..5, any::<u64>(), any::<i64>(), any::<i64>(), prop::collection::vec(any::<u8>(), 0..40));
        prop::collection::vec(row, 1..20).prop_map(|mut rows| {
            let mut seq = 7;
            for row in &mut rows {
                seq += row.0;
                row.0 = seq;
            }
            rows
        })
    }

    fn build(rows: &[Row]) -> (Head, Vec<u8>) {
        let mut builder = Builder::new(OwnerId(9));
        for (seq, stream, time, ingested, body) in rows {
            let (stream, time, ingested) = (StreamId(*stream % 4), *time, *ingested);
            builder.push(Entry { seq: *seq, stream, time, ingested, body });
        }
        let mut packer = zstd::bulk::Compressor::new(1).expect("a packer");
        let mut out = Vec::new();
        let head = builder.finish(&mut packer, &mut out).expect("a block");
        (head, out)
    }

    fn read(bytes: &[u8]) -> Result<Vec<Row>, Fault> {
        let head = Head::decode(bytes)?;
        let body = bytes.get(head.body_offset() as usize..head.block_len() as usize).ok_or(Fault::Short)?;
        let mut rows = Vec::new();
        head.entries(&head.unpack(body)?, |e| {
            rows.push((e.seq, e.stream.0, e.time, e.ingested, e.body.to_vec()));
        })?;
        Ok(rows)
    }

    proptest! {
        #[test]
        fn blocks_round_trip(rows in rows()) {
            let (head, bytes) = build(&rows);
            prop_assert_eq!(head.block_len(), bytes.len() as u64);
            prop_assert_eq!(&Head::decode(&bytes), &Ok(head.clone()));
            let expect: Vec<Row> = rows.iter().cloned().map(|r| (r.0, r.1 % 4, r.2, r.3, r.4)).collect();
            for span in head.spans() {
                let times: Vec<i64> = expect.iter().filter(|r| r.1 == span.stream.0).map(|r| r.2).collect();
                prop_assert_eq!(span.count, times.len() as u64);
                prop_assert_eq!((Some(&span.min), Some(&span.max)), (times.iter().min(), times.iter().max()));
            }
            prop_assert_eq!(head.spans().map(|s| s.count).sum::<u64>(), rows.len() as u64);
            prop_assert_eq!(read(&bytes), Ok(expect));
        }

        #[test]
        fn a_changed_byte_is_detected(rows in rows(), at: prop::sample::Index, to: u8) {
            let (_, mut bytes) = build(&rows);
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            prop_assert!(read(&bytes).is_err());
        }

        #[test]
        fn a_cut_block_is_detected(rows in rows(), at: prop::sample::Index) {
            let (_, bytes) = build(&rows);
            prop_assert!(read(&bytes[..at.index(bytes.len())]).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), magic: bool) {
            let bytes = if magic { [&MAGIC[..], &bytes].concat() } else { bytes };
            prop_assert!(read(&bytes).is_err());
        }

        #[test]
        fn arbitrary_contents_under_right_checksums_never_panic(
            table in prop::collection::vec(any::<u8>(), 0..60),
            body in prop::collection::vec(any::<u8>(), 0..60),
            count in 0u32..50, packed: bool, min: i64,
        ) {
            let head = Head {
                owner: OwnerId(1), first: u64::MAX - 3, last: 0, min, max: 0, ingested: 0, count,
                raw_len: body.len() as u32, body_len: body.len() as u32,
                body_crc: crc32fast::hash(&body), packed, table: table.into(),
            };
            let mut bytes = Vec::new();
            head.encode(&mut bytes);
            bytes.extend(body);
            let _ = (read(&bytes), head.spans().count());
        }
    }
}
