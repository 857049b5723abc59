//! A logs service of a test's own, over a store in memory and a clock that the test moves.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tinderbox_base::{
    AccountId, Caller, Error, ErrorKind, LogLine, LogOrigin, LogSink, ManualClock, Region, RequestId,
    SeededRandom, Timestamp, config,
};
use tinderbox_logs::{CreateGroup, Deps, FilterEvents, GetEvents, Logs, Pattern};
use tinderbox_store::{MemoryStore, Store};

/// When tests begin.
pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: config::Logs,
    pub(crate) logs: Logs,
    pub(crate) caller: Caller,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(config::Logs::default()).await
    }

    pub(crate) async fn with(config: config::Logs) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(NOW)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()).expect("a store"));
        let logs = open(&dir, &store, &clock, &config).await;
        let caller = caller("123456789012");
        Self { dir, store, clock, config, logs, caller }
    }

    /// Opens the service anew over the same data, as after `kill -9`: nothing was closed.
    pub(crate) async fn reopen(&mut self) {
        self.logs = open(&self.dir, &self.store, &self.clock, &self.config).await;
    }

    pub(crate) async fn group(&self, name: &str) {
        let create = CreateGroup { name: name.into(), ..CreateGroup::default() };
        self.logs.create_group(&self.caller, create).await.expect("a group");
    }

    pub(crate) async fn stream(&self, group: &str, name: &str) {
        self.logs.create_stream(&self.caller, group, name).await.expect("a stream");
    }

    /// Puts events at `(milliseconds from the beginning, text)`.
    pub(crate) async fn put(&self, group: &str, stream: &str, events: &[(i64, &str)]) {
        let events = events.iter().map(|(after, text)| line(*after, text)).collect();
        let put = self.logs.put_events(&self.caller, group, stream, events).await.expect("a put");
        assert_eq!(put.rejected, None);
    }

    /// Hands lines to the sink.
    pub(crate) fn sink(&self, group: &str, stream: &str, lines: &[(i64, &str)]) {
        let lines = lines.iter().map(|(after, text)| line(*after, text)).collect();
        self.logs.append(
            &self.caller.account,
            &self.caller.region,
            group,
            stream,
            LogOrigin::Platform,
            lines,
        );
    }

    /// All texts of a stream.
    pub(crate) async fn texts(&self, group: &str, stream: &str) -> Vec<String> {
        let get =
            GetEvents { group: group.into(), stream: stream.into(), from_head: true, ..GetEvents::default() };
        let page = self.logs.get_events(&self.caller, get).await.expect("a page");
        page.events.into_iter().map(|e| e.message).collect()
    }

    /// All texts of a group that a pattern matches, page after page.
    pub(crate) async fn filter(&self, group: &str, pattern: &str) -> Vec<String> {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        let mut filter = FilterEvents { group: group.into(), pattern, ..FilterEvents::default() };
        let mut texts = Vec::new();
        loop {
            let page = self.logs.filter_events(&self.caller, filter.clone()).await.expect("a page");
            texts.extend(page.events.into_iter().map(|e| e.message));
            match page.token {
                Some(token) => filter.token = Some(token),
                None => return texts,
            }
        }
    }
}

async fn open(
    dir: &TempDir,
    store: &Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    config: &config::Logs,
) -> Logs {
    let deps = Deps {
        dir: dir.path().join("logs"),
        store: store.clone(),
        clock: clock.clone(),
        config: config.clone(),
    };
    Logs::open(deps).await.expect("logs")
}

pub(crate) fn caller(account: &str) -> Caller {
    let account: AccountId = account.parse().expect("an account");
    Caller::root(account, Region::default(), RequestId::new(&SeededRandom::new(1)))
}

/// The moment so many milliseconds after the beginning.
pub(crate) fn after(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW + millis)
}

pub(crate) fn line(millis: i64, text: &str) -> LogLine {
    LogLine { time: after(millis), message: text.into() }
}

/// Asserts that something failed so.
pub(crate) fn failed<T>(result: Result<T, Error>, kind: ErrorKind, message: &str) {
    match result {
        Ok(_) => panic!("did not fail: {message}"),
        Err(error) => assert_eq!((error.kind(), error.message()), (kind, message)),
    }
}
