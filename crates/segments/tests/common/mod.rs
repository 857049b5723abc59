//! What the tests of segments share.

use bytes::Bytes;
use tinderbox_base::Timestamp;
use tinderbox_segments::{
    Batch, Content, Found, Limits, Order, OwnerId, Position, Query, Record, SegmentError, Segments, StreamId,
    Streams,
};

/// Limits that a test does not reach.
pub(crate) const UNLIMITED: Limits =
    Limits { records: usize::MAX, bytes: usize::MAX, overhead: 0, scanned: u64::MAX };

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A batch of one stream, a record for each `(time, body)`.
pub(crate) fn batch(owner: u64, stream: u64, records: &[(i64, &str)]) -> Batch {
    let record = |(time, body): &(i64, &str)| Record {
        stream: StreamId(stream),
        time: at(*time),
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    Batch { owner: OwnerId(owner), records: records.iter().map(record).collect() }
}

pub(crate) fn append(segments: &Segments, batches: Vec<Batch>) {
    let appended = segments.append(at(0), batches);
    assert!(appended.error.is_none(), "{:?}", appended.error);
}

pub(crate) fn everything(owner: u64) -> Query<'static> {
    Query {
        owner: OwnerId(owner),
        streams: Streams::All,
        range: Position::MIN..Position::MAX,
        order: Order::OldestFirst,
        limits: UNLIMITED,
    }
}

pub(crate) fn text(found: &Found) -> String {
    match &found.content {
        Content::Body(body) => String::from_utf8_lossy(body).into_owned(),
        Content::Damaged(count) => format!("<{count} damaged>"),
    }
}

/// The bodies of all of an owner's records.
pub(crate) fn texts(segments: &Segments, owner: u64) -> Vec<String> {
    let page: Result<_, SegmentError> = segments.read(&everything(owner), |_| true);
    page.expect("a page").records.iter().map(text).collect()
}
