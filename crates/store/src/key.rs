//! Keys: segments of text and numbers in an order-preserving encoding.

use bytes::Bytes;
use std::fmt;
use tinderbox_base::{AccountId, Region};

/// A key of the store. Its bytes sort as its segments do.
///
/// Every key begins `/v1/{account}/{region}/{service}/{kind}/`. A text segment is `0x03`, its
/// bytes with `0x00` written as `0x00 0xFF`, and `0x00 0x01`; a number is `0x02` and eight big-endian bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Bytes);

/// Builds a key, segment by segment.
#[derive(Clone, Debug)]
pub struct KeyBuilder(Vec<u8>);

/// A half-open range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key of the range.
    pub start: Key,
    /// The first key after the range; none means: to the end.
    pub end: Option<Key>,
}

impl Key {
    /// Begins a key of `kind` of `service`, in `account` and `region`.
    pub fn of(account: &AccountId, region: &Region, service: &str, kind: &str) -> KeyBuilder {
        KeyBuilder(Vec::with_capacity(96))
            .text("v1")
            .text(account.as_str())
            .text(region.as_str())
            .text(service)
            .text(kind)
    }

    /// A key made of bytes that a store returned.
    pub fn from_bytes(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The encoded bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The segments, decoded; text that is not UTF-8 is shown lossily.
    pub fn segments(&self) -> Vec<Segment> {
        let (mut rest, mut segments) = (&self.0[..], Vec::new());
        while let Some((segment, tail)) = Segment::decode(rest) {
            segments.push(segment);
            rest = tail;
        }
        segments
    }

    /// The range of every key that begins with this one's segments, this one included.
    pub fn prefix(&self) -> KeyRange {
        let mut end = self.0.to_vec();
        while let Some(last) = end.pop() {
            if last < 0xff {
                end.push(last + 1);
                return KeyRange { start: self.clone(), end: Some(Self(end.into())) };
            }
        }
        KeyRange { start: self.clone(), end: None }
    }

    /// The least key greater than this one.
    pub fn successor(&self) -> Self {
        let mut bytes = self.0.to_vec();
        bytes.push(0);
        Self(bytes.into())
    }
}

impl KeyRange {
    /// The part of this range that comes after `key`, for the next page of a listing.
    pub fn after(&self, key: &Key) -> Self {
        Self { start: key.successor().max(self.start.clone()), end: self.end.clone() }
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &Key) -> bool {
        *key >= self.start && self.end.as_ref().is_none_or(|end| key < end)
    }
}

/// A decoded segment of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
}

impl Segment {
    fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        if let [2, rest @ ..] = bytes
            && let Some((number, rest)) = rest.split_first_chunk::<8>()
        {
            return Some((Self::Number(u64::from_be_bytes(*number)), rest));
        }
        let [3, tail @ ..] = bytes else { return None };
        let (mut rest, mut text) = (tail, Vec::new());
        loop {
            match rest {
                [0, 0xff, tail @ ..] => {
                    text.push(0);
                    rest = tail;
                }
                [0, 1, tail @ ..] => {
                    return Some((Self::Text(String::from_utf8_lossy(&text).into_owned()), tail));
                }
                [byte, tail @ ..] => {
                    text.push(*byte);
                    rest = tail;
                }
                [] => return None,
            }
        }
    }
}

impl KeyBuilder {
    /// Adds a text segment.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.push(3);
        for &byte in text.as_bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend([0, 1]);
        self
    }

    /// Adds a number segment.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.push(2);
        self.0.extend(number.to_be_bytes());
        self
    }

    /// The key.
    pub fn build(self) -> Key {
        Key(self.0.into())
    }
}

impl From<KeyBuilder> for Key {
    fn from(builder: KeyBuilder) -> Key {
        builder.build()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in self.segments() {
            match segment {
                Segment::Text(text) => write!(f, "/{text}")?,
                Segment::Number(number) => write!(f, "/#{number}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(texts: &[String], number: u64) -> Key {
        let start = Key::of(&AccountId::default(), &Region::default(), "lambda", "function");
        texts.iter().fold(start, |key, text| key.text(text)).number(number).build()
    }

    #[test]
    fn keys_show_their_segments() {
        let shown = format!("{:?}", key(&["hello".into()], 7));
        assert_eq!(shown, "/v1/123456789012/us-east-1/lambda/function/hello/#7");
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_segments(
            a in prop::collection::vec("[\\x00-\\x03a-c]{0,3}", 2), m: u64,
            b in prop::collection::vec("[\\x00-\\x03a-c]{0,3}", 2), n: u64,
        ) {
            prop_assert_eq!(key(&a, m).cmp(&key(&b, n)), (&a, m).cmp(&(&b, n)));
        }

        #[test]
        fn a_prefix_holds_exactly_the_keys_that_begin_with_it(a in "[\\x00-\\x02ab]{0,3}", b in "[\\x00-\\x02ab]{0,3}") {
            let base = || Key::of(&AccountId::default(), &Region::default(), "lambda", "function");
            let range = base().text(&a).build().prefix();
            prop_assert_eq!(range.contains(&base().text(&b).text("x").build()), a == b);
        }
    }
}
