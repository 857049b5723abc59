//! Segments as their users see them: what was appended is read, whatever happened in between.

mod common;

use common::{UNLIMITED, append, at, batch, everything, text, texts};
use std::{collections::HashSet, fs, path::Path};
use tinderbox_base::{Random, SeededRandom};
use tinderbox_segments::{
    Content, Keep, Limits, Options, Order, OwnerId, Position, Query, Retention, SegmentError, Segments,
    StreamId, Streams,
};

fn small() -> Options {
    Options { roll_bytes: 16 << 10, roll_blocks: 64, disk_bytes: 1 << 30 }
}

fn open(dir: &Path) -> Segments {
    Segments::open(dir, small()).expect("segments")
}

/// The files of a kind, sorted.
fn files(dir: &Path, kind: &str) -> Vec<std::path::PathBuf> {
    let all = fs::read_dir(dir).expect("the directory").map(|e| e.expect("an entry").path());
    let mut files: Vec<_> = all.filter(|p| p.extension().is_some_and(|e| e == kind)).collect();
    files.sort();
    files
}

fn numbered(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("line {i} {}", i * 7919 % 1009)).collect()
}

/// Appends the lines one by one, each its own block, at times 0, 1, 2…
fn fill(segments: &Segments, owner: u64, lines: &[String]) {
    for (time, line) in lines.iter().enumerate() {
        append(segments, vec![batch(owner, 1, &[(time as i64, line)])]);
        if segments.stats().files > 8 {
            segments.maintain().expect("maintenance");
        }
    }
}

#[test]
fn what_is_appended_is_read_at_once_and_after_reopening() {
    let dir = tempfile::tempdir().expect("a directory");
    let lines = numbered(500);
    let segments = open(dir.path());
    fill(&segments, 1, &lines);
    assert_eq!(texts(&segments, 1), lines);
    assert_eq!(texts(&segments, 2), Vec::<String>::new());
    drop(segments);
    assert_eq!(texts(&open(dir.path()), 1), lines);
}

#[test]
fn sealing_and_merging_change_nothing_but_the_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let lines = numbered(2000);
    let segments = open(dir.path());
    for (i, part) in lines.chunks(250).enumerate() {
        for (j, line) in part.iter().enumerate() {
            append(
                &segments,
                vec![batch(1, 1, &[((i * 250 + j) as i64, line)]), batch(2, 5, &[(0, "other")])],
            );
            if segments.stats().files > 12 {
                segments.maintain().expect("maintenance");
            }
        }
    }
    let before = segments.stats();
    segments.maintain().expect("maintenance");
    let after = segments.stats();
    assert!(after.bytes < before.bytes || before.files == after.files, "{before:?} {after:?}");
    assert_eq!(texts(&segments, 1), lines);
    assert_eq!(texts(&segments, 2).len(), 2000);
    drop(segments);
    let reopened = open(dir.path());
    assert_eq!(texts(&reopened, 1), lines);
    // Numbers go on where they ended.
    append(&reopened, vec![batch(1, 1, &[(9999, "last")])]);
    let page = reopened.read(&everything(1), |_| true).expect("a page");
    assert!(page.records.windows(2).all(|w| w[0].at < w[1].at && w[0].at.seq < w[1].at.seq));
}

#[test]
fn full_files_that_wait_bound_the_appends() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    let refused = (0..10_000).find_map(|i| segments.append(at(0), vec![batch(1, 1, &[(i, "x")])]).error);
    assert!(matches!(refused, Some(SegmentError::Behind(8))), "{refused:?}");
    segments.maintain().expect("maintenance");
    append(&segments, vec![batch(1, 1, &[(1, "x")])]);
}

#[test]
fn pages_from_both_ends() {
    fn check(segments: &Segments, order: Order, limits: Limits, expect: &[&str], rest: bool) {
        let query = Query { order, limits, range: Position::at(at(2))..Position::at(at(8)), ..everything(1) };
        let page = segments.read(&query, |_| true).expect("a page");
        assert_eq!(page.records.iter().map(text).collect::<Vec<_>>(), expect);
        assert_eq!(page.rest.is_some(), rest);
    }
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    fill(&segments, 1, &(0..10).map(|i| i.to_string()).collect::<Vec<_>>());
    let few = |records| Limits { records, ..UNLIMITED };
    check(&segments, Order::OldestFirst, UNLIMITED, &["2", "3", "4", "5", "6", "7"], false);
    check(&segments, Order::NewestFirst, UNLIMITED, &["2", "3", "4", "5", "6", "7"], false);
    check(&segments, Order::OldestFirst, few(2), &["2", "3"], true);
    check(&segments, Order::NewestFirst, few(2), &["6", "7"], true);
    check(&segments, Order::OldestFirst, few(6), &["2", "3", "4", "5", "6", "7"], false);
    check(&segments, Order::OldestFirst, few(0), &[], false);
    let bytes = Limits { bytes: 30, overhead: 9, ..UNLIMITED };
    check(&segments, Order::OldestFirst, bytes, &["2", "3", "4"], true);
    let tiny = Limits { bytes: 1, overhead: 9, ..UNLIMITED };
    check(&segments, Order::NewestFirst, tiny, &["7"], true);
}

#[test]
fn a_page_ends_when_enough_was_looked_through() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    fill(&segments, 1, &numbered(100));
    let limits = Limits { scanned: 1, ..UNLIMITED };
    let mut query = Query { limits, ..everything(1) };
    let (mut pages, mut found) = (0, 0);
    loop {
        let page = segments.read(&query, |f| text(f).contains("line 99")).expect("a page");
        pages += 1;
        found += page.records.len();
        let Some(rest) = page.rest else { break };
        assert!(rest.start > query.range.start, "no progress");
        query.range = rest;
    }
    assert_eq!(found, 1);
    assert!(pages > 50, "{pages}");
}

#[test]
fn streams_are_chosen() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    append(&segments, vec![batch(1, 1, &[(1, "a")]), batch(1, 2, &[(2, "b")]), batch(1, 3, &[(3, "c")])]);
    let check = |streams: Streams<'_>, expect: &str| {
        let page = segments.read(&Query { streams, ..everything(1) }, |_| true).expect("a page");
        assert_eq!(page.records.iter().map(text).collect::<String>(), expect);
    };
    check(Streams::All, "abc");
    check(Streams::One(StreamId(2)), "b");
    check(Streams::Some(&HashSet::from([StreamId(1), StreamId(3)])), "ac");
    check(Streams::Some(&HashSet::new()), "");
}

/// The only file of owner 1's shard that is written to.
fn open_file_with_blocks(dir: &Path) -> std::path::PathBuf {
    let mut with = files(dir, "open").into_iter().filter(|p| fs::metadata(p).expect("a file").len() > 8);
    let file = with.next().expect("a file with blocks");
    assert!(with.next().is_none(), "one shard");
    file
}

#[test]
fn a_file_cut_at_any_byte_keeps_its_whole_blocks() {
    let dir = tempfile::tempdir().expect("a directory");
    let lines = numbered(6);
    let segments = open(dir.path());
    let mut ends = vec![8];
    for (i, line) in lines.iter().enumerate() {
        append(&segments, vec![batch(1, 1, &[(i as i64, line)])]);
        ends.push(fs::metadata(open_file_with_blocks(dir.path())).expect("a file").len());
    }
    drop(segments);
    let file = open_file_with_blocks(dir.path());
    let whole = fs::read(&file).expect("bytes");
    for cut in 0..=whole.len() {
        // Both a file that ends, and one whose last pages were never written.
        for zeros in [0, 100] {
            fs::write(&file, [&whole[..cut], &vec![0; zeros]].concat()).expect("a cut file");
            let expect = ends.iter().filter(|end| **end <= cut as u64).count().saturating_sub(1);
            let segments = open(dir.path());
            assert_eq!(texts(&segments, 1), lines[..expect], "cut at {cut}, {zeros} zeros");
            append(&segments, vec![batch(1, 1, &[(1000, "more")])]);
            assert_eq!(texts(&segments, 1).len(), expect + 1);
            drop(segments);
            assert_eq!(texts(&open(dir.path()), 1).len(), expect + 1, "cut at {cut}, reopened");
        }
    }
}

#[test]
fn damage_in_the_middle_is_told_and_costs_only_what_it_hit() {
    let dir = tempfile::tempdir().expect("a directory");
    let lines = numbered(5);
    let segments = open(dir.path());
    let mut ends = vec![8];
    for (i, line) in lines.iter().enumerate() {
        append(&segments, vec![batch(1, 1, &[(i as i64, line)])]);
        ends.push(fs::metadata(open_file_with_blocks(dir.path())).expect("a file").len() as usize);
    }
    drop(segments);
    let file = open_file_with_blocks(dir.path());
    let whole = fs::read(&file).expect("bytes");
    for at in ends[1]..ends[2] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(&file, bytes).expect("a damaged file");
        let segments = open(dir.path());
        let found = texts(&segments, 1);
        assert_eq!((&found[0], &found[found.len() - 1]), (&lines[0], &lines[4]), "byte {at}");
        // A damaged body is told in its place; a damaged header leaves nobody to tell it to.
        let in_body = found.len() == 5 && found[1] == "<1 damaged>";
        assert!(in_body || found.len() == 4, "byte {at}: {found:?}");
        drop(segments);
    }
}

#[test]
fn damage_in_a_sealed_file_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    fill(&segments, 1, &numbered(64));
    segments.maintain().expect("maintenance");
    drop(segments);
    let [file] = &files(dir.path(), "sealed")[..] else { panic!("one sealed file") };
    let whole = fs::read(file).expect("bytes");
    for at in (8..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(file, bytes).expect("a damaged file");
        let segments = open(dir.path());
        let page = segments.read(&everything(1), |_| true).expect("a page");
        let whole = page.records.len() == 64;
        let told = matches!(&page.records[..], [one] if one.content == Content::Damaged(64));
        // A header that the index repeats is not needed, so damage to it costs nothing.
        assert!(whole || told, "byte {at}: {} records", page.records.len());
    }
    for cut in (0..whole.len()).step_by(11) {
        fs::write(file, &whole[..cut]).expect("a cut file");
        let segments = open(dir.path());
        if let Ok(page) = segments.read(&everything(1), |_| true) {
            assert!(matches!(page.records.len(), 0 | 64), "cut at {cut}");
        }
    }
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    fill(&open(dir.path()), 1, &numbered(1));
    let file = open_file_with_blocks(dir.path());
    let mut bytes = fs::read(&file).expect("bytes");
    bytes[7] = 2;
    fs::write(&file, bytes).expect("a file");
    let refused = Segments::open(dir.path(), small());
    assert!(matches!(refused, Err(SegmentError::Newer { version: 2, .. })), "{refused:?}");
}

#[test]
fn leftovers_of_a_rewriting_are_not_read_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let lines = numbered(64);
    let segments = open(dir.path());
    fill(&segments, 1, &lines);
    let full: Vec<_> =
        files(dir.path(), "open").into_iter().map(|p| (fs::read(&p).expect("bytes"), p)).collect();
    segments.maintain().expect("maintenance");
    drop(segments);
    assert_eq!(files(dir.path(), "sealed").len(), 1);
    // As if the process had been killed between naming the sealed file and removing what it was made from.
    for (bytes, path) in full {
        if !path.exists() {
            fs::write(path, bytes).expect("a leftover");
        }
    }
    fs::write(dir.path().join("0.sealing"), "half").expect("a leftover");
    let segments = open(dir.path());
    assert_eq!(texts(&segments, 1), lines);
    assert!(files(dir.path(), "sealing").is_empty());
}

#[test]
fn the_oldest_files_go_when_the_disk_share_is_used_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { disk_bytes: 40 << 10, ..small() };
    let segments = Segments::open(dir.path(), options).expect("segments");
    let random = SeededRandom::new(1);
    let noise = || (0..40).map(|_| char::from(b'!' + random.below(90) as u8)).collect::<String>();
    for i in 0..3000 {
        if segments.append(at(0), vec![batch(1, 1, &[(i, &noise())])]).full {
            segments.maintain().expect("maintenance");
        }
    }
    let stats = segments.stats();
    assert!(stats.evicted > 0 && stats.bytes <= (40 << 10) + (16 << 10), "{stats:?}");
    let page = segments.read(&everything(1), |_| true).expect("a page");
    let times: Vec<i64> = page.records.iter().map(|r| r.at.time.as_millis()).collect();
    assert_eq!(times, (3000 - times.len() as i64..3000).collect::<Vec<_>>(), "what is left is the newest");
}

struct Policy;

impl Retention for Policy {
    fn keep(&self, owner: OwnerId) -> Keep {
        match owner.0 {
            1 => Keep::Since(at(100)),
            2 => Keep::Nothing,
            _ => Keep::All,
        }
    }
    fn is_gone(&self, owner: OwnerId, stream: StreamId) -> bool {
        (owner.0, stream.0) == (3, 7)
    }
    fn has_gone(&self, owner: OwnerId) -> bool {
        owner.0 == 3
    }
}

#[test]
fn a_sweep_removes_what_is_not_wanted_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    let secret = "a secret that is deleted";
    for i in 0..150 {
        append(
            &segments,
            vec![
                batch(1, 1, &[(i, "expires")]),
                batch(2, 1, &[(i, secret)]),
                batch(3, 7, &[(i, secret)]),
                batch(3, 8, &[(i, "stays")]),
                batch(4, 1, &[(i, "stays")]),
            ],
        );
        if i % 40 == 0 {
            segments.maintain().expect("maintenance");
        }
    }
    segments.maintain().expect("maintenance");
    let before = segments.usage(OwnerId(2)).expect("bytes");
    assert!(before > 0);
    assert!(segments.sweep(&Policy).expect("a sweep") > 0);
    assert_eq!(segments.usage(OwnerId(2)).expect("bytes"), 0);
    assert_eq!(texts(&segments, 2), Vec::<String>::new());
    assert_eq!(texts(&segments, 3), vec!["stays"; 150]);
    assert_eq!(texts(&segments, 4), vec!["stays"; 150]);
    assert!(texts(&segments, 1).len() >= 50, "what is young stays");
    drop(segments);
    let segments = open(dir.path());
    assert_eq!(texts(&segments, 3), vec!["stays"; 150]);
    assert_eq!(texts(&segments, 2), Vec::<String>::new());
}

#[test]
fn activity_is_told_from_headers_across_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    let _ = segments.append(at(50), vec![batch(1, 1, &[(10, "a"), (30, "b")])]);
    let mark = segments.positions();
    let _ = segments.append(at(60), vec![batch(1, 1, &[(20, "c")]), batch(2, 9, &[(5, "d")])]);
    drop(segments);
    let segments = open(dir.path());
    let all = segments.activity_since(&[]).expect("activity");
    let one = all[&(OwnerId(1), StreamId(1))];
    assert_eq!((one.first, one.last, one.ingested), (at(10), at(30), at(60)));
    let late = segments.activity_since(&mark).expect("activity");
    assert_eq!(late[&(OwnerId(1), StreamId(1))].first, at(20));
    assert_eq!(late.len(), 2);
    assert!(segments.activity_since(&segments.positions()).expect("activity").is_empty());
}

#[test]
fn too_long_a_record_is_refused_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let segments = open(dir.path());
    let long = "x".repeat((1 << 20) + 1);
    let appended = segments.append(at(0), vec![batch(1, 1, &[(1, "short"), (2, &long)])]);
    assert!(matches!(appended.error, Some(SegmentError::TooLong(_))));
    assert_eq!(appended.left.len(), 1);
    assert_eq!(texts(&segments, 1), Vec::<String>::new());
    append(&segments, vec![batch(1, 1, &[(2, &long[1..])])]);
    assert_eq!(texts(&segments, 1)[0].len(), 1 << 20);
}
