//! What the trait's parts look like as rows of one ordered map.
//!
//! The first byte of a row's key tells its kind. The layout is part of the store's format version.
//!
//! | row | key | value |
//! | --- | --- | --- |
//! | item | `d`, the key | version, then the value |
//! | lease | `l`, the item's key | epoch, until, then the owner |
//! | head of a log | `h`, the log's key | first offset, next offset |
//! | record | `r`, length of the log's key (2 bytes), that key, offset | the record |
//! | counter | `m` `version` | the last version given |
//!
//! Numbers are eight big-endian bytes unless said otherwise.

use crate::{Epoch, Key, KeyRange, StoreError, Version, Versioned, engine::RowRange};
use bytes::{BufMut, Bytes, BytesMut};
use tinderbox_base::Timestamp;

const ITEM: u8 = b'd';
const LEASE: u8 = b'l';
const HEAD: u8 = b'h';
const RECORD: u8 = b'r';

/// The row of the last version given.
pub(crate) const VERSION_ROW: Bytes = Bytes::from_static(b"mversion");

/// Who holds an item until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) epoch: Epoch,
    pub(crate) until: Timestamp,
    pub(crate) owner: String,
}

/// The offsets a log still holds: from `first` up to, not including, `next`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) first: u64,
    pub(crate) next: u64,
}

/// What a row is.
#[derive(Debug)]
pub(crate) enum Kind {
    Item,
    Lease,
    /// Of the log with this key.
    Head(Bytes, Head),
    /// Of the log with this key, at this offset.
    Record(Bytes, u64),
    Counter,
}

impl Kind {
    /// The kind of a row, whose value must be of its form.
    pub(crate) fn of(key: &Bytes, value: &Bytes) -> Result<Self, StoreError> {
        match key.first() {
            Some(&ITEM) => decode_item(value.clone()).map(|_| Self::Item),
            Some(&LEASE) => Lease::decode(value).map(|_| Self::Lease),
            Some(&HEAD) => Ok(Self::Head(key.slice(1..), Head::decode(value)?)),
            Some(&RECORD) => {
                let length = key.get(1..3).and_then(|n| n.try_into().ok()).map_or(0, u16::from_be_bytes);
                let end = 3 + usize::from(length);
                if key.len() != end + 8 {
                    return Err(damaged("a record's key", key));
                }
                Ok(Self::Record(key.slice(3..end), record_offset(key)?))
            }
            _ if *key == VERSION_ROW => decode_number(value).map(|_| Self::Counter),
            _ => Err(damaged("a row of no kind that is known", key)),
        }
    }
}

fn tagged(tag: u8, key: &[u8]) -> Bytes {
    let mut row = BytesMut::with_capacity(1 + key.len());
    row.put_u8(tag);
    row.put_slice(key);
    row.freeze()
}

pub(crate) fn item(key: &Key) -> Bytes {
    tagged(ITEM, key.as_bytes())
}

pub(crate) fn lease(key: &Key) -> Bytes {
    tagged(LEASE, key.as_bytes())
}

pub(crate) fn head(log: &Key) -> Bytes {
    tagged(HEAD, log.as_bytes())
}

/// The key of record `offset` of `log`. A log's key fits two bytes of length: `KEY_LIMIT` is checked before.
pub(crate) fn record(log: &Key, offset: u64) -> Bytes {
    let key = log.as_bytes();
    let mut row = BytesMut::with_capacity(11 + key.len());
    row.put_u8(RECORD);
    row.put_u16(key.len() as u16);
    row.put_slice(key);
    row.put_u64(offset);
    row.freeze()
}

/// The rows of the items of `range`.
pub(crate) fn items(range: &KeyRange) -> RowRange {
    let end = match &range.end {
        Some(end) => item(end),
        None => Bytes::from_static(&[ITEM + 1]),
    };
    RowRange { start: item(&range.start), end }
}

/// The key of the item whose row is `row`.
pub(crate) fn item_key(row: &Bytes) -> Key {
    Key::from_bytes(row.slice(1..))
}

/// The offset of the record whose row is `row`.
pub(crate) fn record_offset(row: &[u8]) -> Result<u64, StoreError> {
    row.last_chunk().map(|offset| u64::from_be_bytes(*offset)).ok_or_else(|| damaged("a record's key", row))
}

pub(crate) fn encode_item(version: Version, value: &[u8]) -> Bytes {
    let mut row = BytesMut::with_capacity(8 + value.len());
    row.put_u64(version.0);
    row.put_slice(value);
    row.freeze()
}

pub(crate) fn decode_item(row: Bytes) -> Result<Versioned, StoreError> {
    let Some(version) = row.first_chunk() else { return Err(damaged("an item", &row)) };
    Ok(Versioned { version: Version(u64::from_be_bytes(*version)), value: row.slice(8..) })
}

pub(crate) fn encode_number(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

pub(crate) fn decode_number(row: &[u8]) -> Result<u64, StoreError> {
    row.try_into().map(u64::from_be_bytes).map_err(|_| damaged("a number", row))
}

impl Head {
    pub(crate) fn encode(self) -> Bytes {
        let mut row = BytesMut::with_capacity(16);
        row.put_u64(self.first);
        row.put_u64(self.next);
        row.freeze()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, StoreError> {
        match row.split_first_chunk::<8>() {
            Some((first, next)) => Ok(Self { first: u64::from_be_bytes(*first), next: decode_number(next)? }),
            None => Err(damaged("the head of a log", row)),
        }
    }
}

impl Lease {
    pub(crate) fn encode(&self) -> Bytes {
        let mut row = BytesMut::with_capacity(16 + self.owner.len());
        row.put_u64(self.epoch.0);
        row.put_i64(self.until.as_millis());
        row.put_slice(self.owner.as_bytes());
        row.freeze()
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Self, StoreError> {
        let (Some(epoch), Some(until)) = (row.get(..8), row.get(8..16)) else {
            return Err(damaged("a lease", row));
        };
        let owner = std::str::from_utf8(&row[16..]).map_err(|_| damaged("a lease's owner", row))?;
        Ok(Self {
            epoch: Epoch(decode_number(epoch)?),
            until: Timestamp::from_millis(decode_number(until)?.cast_signed()),
            owner: owner.to_owned(),
        })
    }

    /// Whether the lease is held at `now`; the moment `until` itself is no longer part of it.
    pub(crate) fn held(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

fn damaged(what: &str, row: &[u8]) -> StoreError {
    StoreError::Corrupt(format!("{what} of {} bytes is not in the store's format", row.len()))
}
