//! Checking, compacting, exporting and importing; and what becomes of a file that was damaged.

use std::{fs, path::Path, sync::Arc, time::Duration};
use tinderbox_base::{AccountId, Random, Region, SeededRandom, SystemClock};
use tinderbox_store::{
    Append, Commit, EmbeddedStore, Entry, Key, KeyRange, Op, Store, StoreError,
    maintain::{self, Contents},
};

const ITEMS: u64 = 3000;

fn key(kind: &str, number: u64) -> Key {
    Key::of(&AccountId::default(), &Region::default(), "test", kind).number(number).build()
}

fn all() -> KeyRange {
    Key::of(&AccountId::default(), &Region::default(), "test", "item").build().prefix()
}

fn open(dir: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open(dir, Arc::new(SystemClock::default()))
}

/// A store with items, a log that was trimmed, and a claim.
async fn fill(dir: &Path) -> Vec<Entry> {
    let store = open(dir).expect("the store works");
    for step in 0..ITEMS / 100 {
        let ops = (step * 100..step * 100 + 100).map(|n| Op::Put(key("item", n), vec![n as u8; 500].into()));
        let appends = (0..3).map(|n| Append { log: key("log", n % 2), record: vec![7; 50].into() });
        let commit = Commit { ops: ops.collect(), appends: appends.collect(), ..Commit::default() };
        store.commit(commit).await.expect("the store works");
    }
    store.trim_log(&key("log", 0), 10).await.expect("the store works");
    store.claim(&all(), 2, "somebody", Duration::from_secs(60)).await.expect("the store works");
    store.range(&all(), usize::MAX).await.expect("the store works")
}

fn tree(dir: &Path) -> std::path::PathBuf {
    dir.join("rows/tree")
}

#[tokio::test]
async fn a_store_is_read_through() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let found = maintain::check(dir.path()).unwrap();
    let expect = Contents { items: ITEMS, leases: 2, logs: 2, records: 80, bytes: found.bytes };
    assert_eq!(found, expect);
    assert!(found.bytes > ITEMS * 500);
}

#[tokio::test]
async fn a_store_in_use_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let _store = open(dir.path()).unwrap();
    assert!(matches!(maintain::check(dir.path()), Err(StoreError::Locked(_))));
    assert!(matches!(maintain::compact(dir.path()), Err(StoreError::Locked(_))));
    assert!(matches!(maintain::export(dir.path(), Vec::new()), Err(StoreError::Locked(_))));
}

#[tokio::test]
async fn compacting_gives_back_what_was_deleted() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let store = open(dir.path()).unwrap();
    let rest = KeyRange { start: key("item", 10), end: Some(key("item", ITEMS)) };
    store.delete_range(&rest).await.unwrap();
    let kept = store.range(&all(), usize::MAX).await.unwrap();
    drop(store);
    let done = maintain::compact(dir.path()).unwrap();
    assert!(done.after * 2 < done.before, "{done:?}");
    assert_eq!(open(dir.path()).unwrap().range(&all(), usize::MAX).await.unwrap(), kept);
    assert_eq!(maintain::check(dir.path()).unwrap().items, 10);
}

#[tokio::test]
async fn what_is_exported_is_imported() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let entries = fill(dir.path()).await;
    let mut out = Vec::new();
    let exported = maintain::export(dir.path(), &mut out).unwrap();
    let target = other.path().join("store");
    assert_eq!(maintain::import(&target, &out[..]).unwrap(), exported);
    let store = open(&target).unwrap();
    // Versions and offsets go on from where they were.
    assert_eq!(store.range(&all(), usize::MAX).await.unwrap(), entries);
    let before = open(dir.path()).unwrap();
    let commit = || Commit {
        ops: vec![Op::Put(key("item", 1), "x".into())],
        appends: vec![Append { log: key("log", 0), record: "y".into() }],
        ..Commit::default()
    };
    assert_eq!(store.commit(commit()).await.unwrap(), before.commit(commit()).await.unwrap());
    drop(store);
    let again = maintain::import(&target, &out[..]);
    assert!(matches!(again, Err(StoreError::Io(error)) if error.kind() == std::io::ErrorKind::AlreadyExists));
}

#[tokio::test]
async fn half_an_export_makes_no_store() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(dir.path()).await;
    let mut out = Vec::new();
    maintain::export(dir.path(), &mut out).unwrap();
    let random = SeededRandom::new(7);
    let target = other.path().join("store");
    for _ in 0..30 {
        let mut broken = out.clone();
        let at = random.below(broken.len() as u64) as usize;
        if random.below(2) == 0 {
            broken.truncate(at);
        } else {
            broken[at] ^= 1 << random.below(8);
        }
        let outcome = maintain::import(&target, &broken[..]);
        assert!(matches!(outcome, Err(StoreError::Corrupt(_))), "at {at}: {outcome:?}");
        // What is left is no store: a whole export can still be imported there.
        assert!(!target.join("rows").exists());
    }
    maintain::import(&target, &out[..]).unwrap();
}

#[tokio::test]
async fn a_file_cut_short_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path()).await;
    let whole = fs::read(tree(dir.path())).unwrap();
    for cut in [0, 1, 63, 64, 511, 4095, 4096, 8192, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(tree(dir.path()), &whole[..cut]).unwrap();
        match open(dir.path()) {
            Err(StoreError::Corrupt(reason)) => {
                let name = tree(dir.path()).display().to_string();
                assert!(reason.contains(&name), "cut at {cut}: {reason}");
            }
            outcome => panic!("cut at {cut} of {}: {outcome:?}", whole.len()),
        }
    }
    fs::write(tree(dir.path()), &whole).unwrap();
    assert_eq!(maintain::check(dir.path()).unwrap().items, ITEMS);
}

#[tokio::test]
async fn damage_is_found_or_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let entries = fill(dir.path()).await;
    let whole = fs::read(tree(dir.path())).unwrap();
    let (random, mut found) = (SeededRandom::new(11), 0);
    for _ in 0..60 {
        let mut damaged = whole.clone();
        let at = random.below(damaged.len() as u64 / 512) as usize * 512;
        for byte in damaged.iter_mut().skip(at).take(512) {
            *byte = 0x5a;
        }
        fs::write(tree(dir.path()), &damaged).unwrap();
        match maintain::check(dir.path()) {
            Ok(contents) => {
                assert_eq!(contents.items, ITEMS, "at {at}");
                assert_eq!(
                    open(dir.path()).unwrap().range(&all(), usize::MAX).await.unwrap(),
                    entries,
                    "at {at}"
                );
            }
            Err(StoreError::Corrupt(reason)) => {
                assert!(reason.contains(&dir.path().display().to_string()), "{reason}");
                found += 1;
            }
            Err(error) => panic!("at {at}: {error:?}"),
        }
    }
    assert!(found > 0);
}
