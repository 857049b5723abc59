//! Rows as a disk that fails might leave them.

use crate::{
    Key, Segment,
    row::{self, Head, Lease},
};
use bytes::Bytes;
use tinderbox_base::{AccountId, Region};

#[test]
fn fuzz_rows() {
    tinderbox_fuzz::run("rows", &["\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}", "owner"], |input| {
        let item = row::decode_item(Bytes::copy_from_slice(input)).ok();
        if let Some(item) = &item {
            assert_eq!(row::encode_item(item.version, &item.value), input);
        }
        let head = Head::decode(input).ok();
        if let Some(head) = head {
            assert_eq!(head.encode(), input);
        }
        let lease = Lease::decode(input).ok();
        if let Some(lease) = &lease {
            assert_eq!(lease.encode(), input);
        }
        (item.is_some(), head.is_some(), lease.is_some(), row::record_offset(input).is_ok())
    });
}

#[test]
fn fuzz_keys() {
    tinderbox_fuzz::run("keys", &["\u{3}v1\u{0}\u{1}", "\u{2}", "\u{0}\u{1}", "\u{0}", "\u{3}"], |input| {
        let segments = Key::from_bytes(Bytes::copy_from_slice(input)).segments();
        // Segments make a key that has the same segments.
        let empty = Key::of(&AccountId::default(), &Region::default(), "s", "k");
        let before = empty.clone().build().segments().len();
        let key = segments.iter().fold(empty, |key, segment| match segment {
            Segment::Text(text) => key.text(text),
            Segment::Number(number) => key.number(*number),
        });
        assert_eq!(key.build().segments().get(before..), Some(&segments[..]));
        segments.len().min(9)
    });
}
