//! A disk that fills up: the store says so, still reads, and goes on when there is room again.

use crate::process::{Mounted, tool};
use std::{fs, path::Path, sync::Arc};
use tinderbox_base::{AccountId, Region, SystemClock};
use tinderbox_store::{Commit, EmbeddedStore, Key, Op, Store, StoreError};

/// The size of the disk in bytes.
const SIZE: u64 = 64 << 20;

/// Fills the disk in steps of this many bytes.
const STEP: usize = 1 << 20;

fn key(number: u64) -> Key {
    Key::of(&AccountId::default(), &Region::default(), "full", "item").number(number).build()
}

fn put(number: u64) -> Commit {
    Commit { ops: vec![Op::Put(key(number), vec![7; STEP].into())], ..Commit::default() }
}

pub(crate) fn run() -> Result<String, String> {
    let dir = tempfile::tempdir().map_err(text)?;
    tool("mount", &["-t", "tmpfs", "-o", &format!("size={SIZE}"), "none"], &[dir.path()])?;
    let _mounted = Mounted(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    runtime.block_on(fill(dir.path()))
}

async fn fill(dir: &Path) -> Result<String, String> {
    let open = || EmbeddedStore::open(dir.join("store"), Arc::new(SystemClock::default())).map_err(text);
    let all = Key::of(&AccountId::default(), &Region::default(), "full", "item").build().prefix();
    let (spare, ballast) = (dir.join("spare"), dir.join("ballast"));
    fs::write(&spare, vec![7; 8 * STEP]).map_err(text)?;
    let mut store = open()?;
    let mut count = 0;
    while count < SIZE / STEP as u64 {
        match store.commit(put(count)).await {
            Ok(_) => count += 1,
            Err(StoreError::Unwritable(_)) => break,
            Err(error) => return Err(format!("a full disk shows as: {error}")),
        }
    }
    if count == 0 || count == SIZE / STEP as u64 {
        return Err(format!("{count} commits of {STEP} bytes fit on {SIZE}"));
    }
    // Even with not a byte left: what is there is read, and nothing is half done.
    match fs::write(&ballast, vec![7; SIZE as usize]) {
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {}
        outcome => return Err(format!("the disk is not full: {outcome:?}")),
    }
    for _ in 0..2 {
        match store.commit(put(count)).await {
            Err(StoreError::Unwritable(_)) => {}
            outcome => return Err(format!("without any room: {outcome:?}")),
        }
        let found = store.range(&all, usize::MAX).await.map_err(text)?.len() as u64;
        if found != count {
            return Err(format!("{found} items after {count} commits"));
        }
        drop(store);
        store = open()?;
    }
    if let Some(error) = store.trouble().await {
        return Err(format!("told before anything was tried: {error}"));
    }
    let refused = store.commit(put(count)).await;
    match (refused, store.trouble().await) {
        (Err(StoreError::Unwritable(_)), Some(StoreError::Unwritable(_))) => {}
        outcome => return Err(format!("the store's own account of it: {outcome:?}")),
    }
    fs::remove_file(ballast).map_err(text)?;
    fs::remove_file(spare).map_err(text)?;
    if let Some(error) = store.trouble().await {
        return Err(format!("still told once there is room: {error}"));
    }
    store.commit(put(count)).await.map_err(|error| format!("with room again: {error}"))?;
    Ok(format!("{count} commits, then none, then again"))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
