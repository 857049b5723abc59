//! Blobs as their users see them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use proptest::prelude::*;
use std::{fs, path::Path, sync::Arc, time::Duration};
use tinderbox_base::{ManualClock, Timestamp};
use tinderbox_blobs::{BlobError, Blobs, Digest, GRACE, Swept};

const HOUR: Duration = Duration::from_hours(1);

fn blobs(dir: &Path) -> (Blobs, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_123)));
    (Blobs::open(dir, clock.clone()).unwrap(), clock)
}

/// The names of what is being written.
fn drafts(dir: &Path) -> usize {
    fs::read_dir(dir.join("new")).unwrap().count()
}

#[tokio::test]
async fn what_was_put_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(&dir.path().join("a/b"));
    for content in ["", "x", "hello"] {
        let digest = blobs.put(content.into()).await.unwrap();
        assert_eq!(digest, Digest::of(content.as_bytes()));
        assert_eq!(blobs.get(&digest).await.unwrap(), Some(Bytes::from(content)));
        assert_eq!(blobs.len(&digest).unwrap(), Some(content.len() as u64));
        assert_eq!(fs::read(blobs.path(&digest)).unwrap(), content.as_bytes());
        assert!(blobs.verify(&digest).await.unwrap());
    }
    drop(blobs);
    let blobs = Blobs::open(dir.path().join("a/b"), clock).unwrap();
    assert_eq!(blobs.get(&Digest::of(b"x")).await.unwrap(), Some("x".into()));
}

#[tokio::test]
async fn what_was_not_put_is_absent() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    let digest = Digest::of(b"never");
    assert_eq!(blobs.get(&digest).await.unwrap(), None);
    assert_eq!(blobs.len(&digest).unwrap(), None);
    assert!(blobs.open_blob(&digest).unwrap().is_none());
    assert!(!blobs.verify(&digest).await.unwrap());
}

#[tokio::test]
async fn damage_is_told_from_absence_and_mended_by_putting_again() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    let digest = blobs.put("hello".into()).await.unwrap();
    for damage in ["hellp", "hell", "hello!", ""] {
        fs::write(blobs.path(&digest), damage).unwrap();
        assert!(matches!(blobs.get(&digest).await, Err(BlobError::Corrupt(name)) if name == digest));
        assert!(matches!(blobs.verify(&digest).await, Err(BlobError::Corrupt(name)) if name == digest));
    }
    blobs.put("hello".into()).await.unwrap();
    assert!(blobs.verify(&digest).await.unwrap());
}

#[tokio::test]
async fn an_unreadable_blob_is_not_an_absent_one() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    let digest = Digest::of(b"x");
    fs::create_dir_all(blobs.path(&digest)).unwrap();
    assert!(matches!(blobs.get(&digest).await, Err(BlobError::Io(_))));
    // A file where the directory of its first digits should be.
    let other = Digest::of(b"y");
    fs::write(blobs.path(&other).parent().unwrap(), "").unwrap();
    assert!(matches!(blobs.get(&other).await, Err(BlobError::Io(_))));
    assert!(matches!(blobs.put("y".into()).await, Err(BlobError::Io(_))));
    assert_eq!(drafts(dir.path()), 0);
}

#[tokio::test]
async fn a_writer_has_a_limit_and_leaves_nothing_when_it_fails() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, _) = blobs(dir.path());
    let mut writer = blobs.writer(4);
    writer.write("1234".into()).await.unwrap();
    assert_eq!(drafts(dir.path()), 1);
    assert!(matches!(writer.write("5".into()).await, Err(BlobError::TooLarge(4))));
    assert_eq!(drafts(dir.path()), 0);
    assert!(writer.finish().await.is_err());

    let mut writer = blobs.writer(4);
    writer.write("1234".into()).await.unwrap();
    drop(writer);
    assert_eq!(drafts(dir.path()), 0);
    assert_eq!(blobs.len(&Digest::of(b"1234")).unwrap(), None);
}

#[tokio::test]
async fn opening_removes_what_a_crash_left_and_is_exclusive() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    fs::write(dir.path().join("new/7"), "half").unwrap();
    assert!(matches!(Blobs::open(dir.path(), clock.clone()), Err(BlobError::Locked(_))));
    drop(blobs);
    let _blobs = Blobs::open(dir.path(), clock).unwrap();
    assert_eq!(drafts(dir.path()), 0);
}

#[tokio::test]
async fn a_sweep_removes_a_day_after_the_last_name() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    let named = blobs.put("named".into()).await.unwrap();
    let unnamed = blobs.put("unnamed".into()).await.unwrap();
    let swept = |kept, removed, freed| Swept { kept, removed, freed };

    clock.advance(GRACE - Duration::from_millis(1));
    assert_eq!(blobs.sweep(move |digest| *digest == named).await.unwrap(), swept(2, 0, 0));
    clock.advance(Duration::from_millis(1));
    assert_eq!(blobs.sweep(move |digest| *digest == named).await.unwrap(), swept(1, 1, 7));
    assert_eq!(blobs.get(&unnamed).await.unwrap(), None);

    // Its day begins when it was last seen named, not when it was put.
    clock.advance(GRACE - HOUR);
    assert_eq!(blobs.sweep(|_| false).await.unwrap(), swept(1, 0, 0));
    clock.advance(HOUR);
    assert_eq!(blobs.sweep(|_| false).await.unwrap(), swept(0, 1, 5));
    assert_eq!(blobs.get(&named).await.unwrap(), None);
}

#[tokio::test]
async fn putting_again_begins_a_new_day() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    let digest = blobs.put("x".into()).await.unwrap();
    clock.advance(GRACE);
    blobs.put("x".into()).await.unwrap();
    assert_eq!(blobs.sweep(|_| false).await.unwrap().removed, 0);
    assert!(blobs.verify(&digest).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_just_put_outlives_a_sweep_that_runs_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    for round in 0..50 {
        let content = Bytes::from(format!("{}", round % 3));
        clock.advance(GRACE);
        let (put, swept) = tokio::join!(blobs.put(content.clone()), blobs.sweep(|_| false));
        swept.unwrap();
        assert_eq!(blobs.get(&put.unwrap()).await.unwrap(), Some(content));
    }
}

#[tokio::test]
async fn a_stranger_among_the_blobs_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, clock) = blobs(dir.path());
    fs::create_dir(dir.path().join("ab")).unwrap();
    fs::write(dir.path().join("ab/README"), "x").unwrap();
    clock.advance(GRACE * 2);
    assert_eq!(blobs.sweep(|_| false).await.unwrap(), Swept::default());
    assert!(dir.path().join("ab/README").exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn pieces_make_the_same_blob_as_the_whole(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5000), 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let (blobs, _) = blobs(dir.path());
            let whole = pieces.concat();
            let mut writer = blobs.writer(whole.len() as u64);
            for piece in pieces {
                writer.write(piece.into()).await.unwrap();
            }
            let digest = writer.finish().await.unwrap();
            assert_eq!(blobs.get(&digest).await.unwrap(), Some(whole.into()));
        });
    }
}
