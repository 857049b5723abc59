//! Segments against a model that holds everything in a vector: whatever is done in whatever order, every
//! query answers the same.

mod common;

use common::{UNLIMITED, append, at, batch, text};
use proptest::prelude::*;
use std::collections::HashSet;
use tinderbox_segments::{Limits, Options, Order, OwnerId, Position, Query, Segments, StreamId, Streams};

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(u64, u64, i64, usize)>),
    Maintain,
    Reopen,
    Read { owner: u64, streams: Vec<u64>, from: i64, to: i64, newest: bool, records: usize, bytes: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let record = (0u64..3, 0u64..4, -20i64..60, 0usize..60);
    let read = (
        0u64..3,
        prop::collection::vec(0u64..4, 0..3),
        -25i64..65,
        -25i64..65,
        any::<bool>(),
        1usize..12,
        1usize..400,
    );
    let step = prop_oneof![
        8 => prop::collection::vec(record, 1..12).prop_map(Step::Append),
        2 => Just(Step::Maintain),
        1 => Just(Step::Reopen),
        6 => read.prop_map(|(owner, streams, from, to, newest, records, bytes)| {
            Step::Read { owner, streams, from, to, newest, records, bytes }
        }),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Clone, Debug)]
struct Row {
    owner: u64,
    stream: u64,
    time: i64,
    body: String,
}

/// Reads page after page and compares each with the model.
fn compare(segments: &Segments, rows: &[Row], step: &Step) {
    let Step::Read { owner, streams, from, to, newest, records, bytes } = step else { return };
    let set: HashSet<StreamId> = streams.iter().copied().map(StreamId).collect();
    let chosen = match &streams[..] {
        [] => Streams::All,
        [one] => Streams::One(StreamId(*one)),
        _ => Streams::Some(&set),
    };
    // The model: rows of the owner in order of time, those of the same time in order of appending.
    let mut expect: Vec<&Row> = rows
        .iter()
        .filter(|r| r.owner == *owner && (*from..*to).contains(&r.time))
        .filter(|r| streams.is_empty() || streams.contains(&r.stream))
        .collect();
    expect.sort_by_key(|r| r.time);
    let order = if *newest { Order::NewestFirst } else { Order::OldestFirst };
    let limits = Limits { records: *records, bytes: *bytes, overhead: 26, ..UNLIMITED };
    let mut range = Position::at(at(*from))..Position::at(at(*to));
    for _ in 0..1000 {
        let query = Query { owner: OwnerId(*owner), streams: chosen, range, order, limits };
        let page = segments.read(&query, |_| true).expect("a page");
        let (mut n, mut size) = (0, 0);
        let from_here: Box<dyn Iterator<Item = &&Row>> =
            if *newest { Box::new(expect.iter().rev()) } else { Box::new(expect.iter()) };
        for row in from_here {
            size += row.body.len() + 26;
            if n == *records || (size > *bytes && n > 0) {
                break;
            }
            n += 1;
        }
        let part: Vec<&Row> = if *newest {
            expect.split_off(expect.len() - n)
        } else {
            let rest = expect.split_off(n);
            std::mem::replace(&mut expect, rest)
        };
        let found: Vec<(i64, u64, String)> =
            page.records.iter().map(|f| (f.at.time.as_millis(), f.stream.0, text(f))).collect();
        let wanted: Vec<(i64, u64, String)> =
            part.iter().map(|r| (r.time, r.stream, r.body.clone())).collect();
        assert_eq!(found, wanted);
        match page.rest {
            Some(rest) => range = rest,
            None => {
                assert!(expect.is_empty(), "{} rows are missing", expect.len());
                return;
            }
        }
    }
    panic!("the pages do not end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_query_answers_like_the_model(steps in steps()) {
        let dir = tempfile::tempdir().expect("a directory");
        let options = Options { roll_bytes: 1200, roll_blocks: 8, disk_bytes: 1 << 30 };
        let mut segments = Segments::open(dir.path(), options.clone()).expect("segments");
        let mut rows: Vec<Row> = Vec::new();
        for step in &steps {
            match step {
                Step::Append(records) => {
                    let mut batches = Vec::new();
                    for (owner, stream, time, len) in records {
                        let body = format!("{}{}", rows.len(), "x".repeat(*len));
                        batches.push(batch(*owner, *stream, &[(*time, &body)]));
                        rows.push(Row { owner: *owner, stream: *stream, time: *time, body });
                    }
                    append(&segments, batches);
                    if segments.stats().files > 9 {
                        segments.maintain().expect("maintenance");
                    }
                }
                Step::Maintain => segments.maintain().expect("maintenance"),
                Step::Reopen => {
                    drop(segments);
                    segments = Segments::open(dir.path(), options.clone()).expect("segments");
                }
                Step::Read { .. } => compare(&segments, &rows, step),
            }
        }
        for owner in 0..3 {
            let all = Step::Read {
                owner, streams: vec![], from: -1000, to: 1000, newest: owner == 1, records: 7, bytes: 1000,
            };
            compare(&segments, &rows, &all);
        }
    }
}

/// Readers see every record exactly once while files are sealed and merged under them.
#[test]
fn readers_are_not_disturbed_by_rewriting() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { roll_bytes: 4 << 10, roll_blocks: 16, disk_bytes: 1 << 30 };
    let segments = Segments::open(dir.path(), options).expect("segments");
    let done = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=1500 {
                append(&segments, vec![batch(1, 1, &[(n as i64, &n.to_string())])]);
                done.store(n, std::sync::atomic::Ordering::SeqCst);
                if segments.stats().files > 5 {
                    segments.maintain().expect("maintenance");
                }
            }
        });
        let mut before = 0;
        while before < 1500 {
            let least = done.load(std::sync::atomic::Ordering::SeqCst);
            let found = common::texts(&segments, 1);
            let expect: Vec<String> = (1..=found.len()).map(|n| n.to_string()).collect();
            assert_eq!(found, expect);
            assert!(found.len() >= least.max(before));
            before = found.len();
        }
    });
}
