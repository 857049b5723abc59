//! A disk that becomes read-only under a running store, as Linux makes it after an error: the store says so, never
//! that something is absent, and goes on once the disk can be written again.

use crate::process::{Mounted, tool};
use std::{fs, path::Path, sync::Arc};
use tinderbox_base::{AccountId, Region, SystemClock};
use tinderbox_store::{Commit, EmbeddedStore, Key, Op, Store, StoreError};

/// The size of the disk in bytes.
const SIZE: u64 = 128 << 20;

/// Commits before and after.
const COUNT: u64 = 50;

/// Items that may be there: the commit that failed in the middle may have been written.
const MOST: u64 = COUNT + 1;

fn key(number: u64) -> Key {
    Key::of(&AccountId::default(), &Region::default(), "read", "item").number(number).build()
}

fn put(number: u64) -> Commit {
    Commit { ops: vec![Op::Put(key(number), vec![7; 4096].into())], ..Commit::default() }
}

pub(crate) fn run() -> Result<String, String> {
    let dir = tempfile::tempdir().map_err(text)?;
    let (image, at) = (dir.path().join("image"), dir.path().join("files"));
    fs::create_dir(&at).map_err(text)?;
    fs::File::create(&image).and_then(|file| file.set_len(SIZE)).map_err(text)?;
    tool("mkfs.ext4", &["-q", "-F"], &[&image])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    {
        tool("mount", &["-o", "loop"], &[&image, &at])?;
        let _mounted = Mounted(&at);
        runtime.block_on(lose(&at))?;
    }
    // What an operator does then.
    tool("e2fsck", &["-p", "-f"], &[&image]).or_else(|error| {
        // It says so with a status when it mended something.
        if error.contains("e2fsck: ") && error.trim_end().ends_with(':') { Ok(()) } else { Err(error) }
    })?;
    tool("mount", &["-o", "loop"], &[&image, &at])?;
    let _mounted = Mounted(&at);
    runtime.block_on(recover(&at))?;
    Ok(format!("{COUNT} commits, then none, then again"))
}

fn open(dir: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open(dir.join("store"), Arc::new(SystemClock::default()))
}

async fn count(store: &EmbeddedStore) -> Result<u64, StoreError> {
    let all = Key::of(&AccountId::default(), &Region::default(), "read", "item").build().prefix();
    Ok(store.range(&all, usize::MAX).await?.len() as u64)
}

async fn lose(dir: &Path) -> Result<(), String> {
    let store = open(dir).map_err(text)?;
    for number in 0..COUNT {
        store.commit(put(number)).await.map_err(text)?;
    }
    tool("mount", &["-o", "remount,abort"], &[dir])?;
    // The first one finds out in the middle of writing, and so may have been written.
    if let Ok(committed) = store.commit(put(COUNT)).await {
        return Err(format!("{committed:?} on a read-only disk"));
    }
    for _ in 0..3 {
        match store.commit(put(COUNT + 1)).await {
            Err(StoreError::Unwritable(_)) => {}
            outcome => return Err(format!("a read-only disk shows as: {outcome:?}")),
        }
        match store.trouble().await {
            Some(StoreError::Unwritable(_)) => {}
            outcome => return Err(format!("the store's own account of a read-only disk: {outcome:?}")),
        }
        // It could not be opened again, so it cannot be read either; that is not the same as absent.
        match count(&store).await {
            Ok(COUNT..=MOST) | Err(StoreError::Unwritable(_)) => {}
            outcome => return Err(format!("read after {COUNT} commits: {outcome:?}")),
        }
    }
    drop(store);
    match open(dir) {
        Err(StoreError::Unwritable(_)) => Ok(()),
        outcome => Err(format!("opening on a read-only disk: {outcome:?}")),
    }
}

async fn recover(dir: &Path) -> Result<(), String> {
    let store = open(dir).map_err(text)?;
    let found = count(&store).await.map_err(text)?;
    if !(COUNT..=MOST).contains(&found) {
        return Err(format!("{found} items are there after {COUNT} commits"));
    }
    for number in COUNT..2 * COUNT {
        store.commit(put(number)).await.map_err(|error| format!("once it can be written again: {error}"))?;
    }
    Ok(())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
