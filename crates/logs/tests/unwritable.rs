//! When the store cannot be written, lines wait; they are there in order once it can.

mod common;

use async_trait::async_trait;
use bytes::Bytes;
use common::{NOW, caller, line};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tinderbox_base::{LogOrigin, LogSink, ManualClock, Timestamp, config};
use tinderbox_logs::{Deps, FilterEvents, Logs};
use tinderbox_store::{
    Claimed, Commit, Committed, Entry, Epoch, Key, KeyRange, MemoryStore, Snapshot, Store, StoreError,
    Versioned, Watch,
};

/// A store whose disk may be full.
struct Full {
    store: MemoryStore,
    is_full: AtomicBool,
}

#[async_trait]
impl Store for Full {
    async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        if self.is_full.load(SeqCst) {
            return Err(StoreError::Unwritable("no space left".into()));
        }
        self.store.commit(commit).await
    }
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.store.snapshot().await
    }
    async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.store.get(key).await
    }
    async fn range(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.range(range, limit).await
    }
    async fn delete_range(&self, range: &KeyRange) -> Result<(), StoreError> {
        self.store.delete_range(range).await
    }
    async fn read_log(&self, log: &Key, offset: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, StoreError> {
        self.store.read_log(log, offset, limit).await
    }
    async fn trim_log(&self, log: &Key, offset: u64) -> Result<(), StoreError> {
        self.store.trim_log(log, offset).await
    }
    async fn claim(&self, r: &KeyRange, n: usize, o: &str, d: Duration) -> Result<Vec<Claimed>, StoreError> {
        self.store.claim(r, n, o, d).await
    }
    async fn release(&self, key: &Key, epoch: Epoch) -> Result<(), StoreError> {
        self.store.release(key, epoch).await
    }
    async fn trouble(&self) -> Option<StoreError> {
        self.store.trouble().await
    }
    fn watch(&self, prefix: &Key) -> Watch {
        self.store.watch(prefix)
    }
}

#[tokio::test]
async fn lines_wait_for_a_full_store() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(NOW)));
    let memory = MemoryStore::new(clock.clone()).expect("a store");
    let store = Arc::new(Full { store: memory, is_full: AtomicBool::new(false) });
    let deps = Deps {
        dir: dir.path().to_path_buf(),
        store: store.clone(),
        clock,
        config: config::Logs { buffer_mib: 1, ..config::Logs::default() },
    };
    let logs = Logs::open(deps).await.expect("logs");
    let me = caller("123456789012");
    let sink = |stream: &str, n: i64, text: &str| {
        logs.append(&me.account, &me.region, "g", stream, LogOrigin::Platform, vec![line(n, text)]);
    };
    let texts = || async {
        let filter = FilterEvents { group: "g".into(), ..FilterEvents::default() };
        let page = logs.filter_events(&me, filter).await.expect("a page");
        page.events.into_iter().map(|e| e.message).collect::<Vec<_>>()
    };
    sink("known", -9, "before");
    assert_eq!(texts().await, ["before"]);
    store.is_full.store(true, SeqCst);
    sink("known", -8, "its stream is known");
    sink("new", -7, "waits");
    assert_eq!(texts().await, ["before", "its stream is known"], "what can be written is");
    sink("new", -6, "waits, too");
    sink("new", -5, &"x".repeat(1_048_550));
    assert_eq!(texts().await.len(), 2);
    assert!(logs.stats().waiting_bytes > 0);
    store.is_full.store(false, SeqCst);
    let expect = ["before", "its stream is known", "waits", "waits, too"];
    let found = texts().await;
    assert_eq!(found[..4], expect);
    assert_eq!(
        found[4..],
        ["[tinderbox] 1 log lines were dropped here: more than 1 MiB were waiting to be written"]
    );
    assert_eq!(logs.stats().waiting_bytes, 0);
}
