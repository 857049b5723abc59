//! What goes on without being asked: appending what waits, syncing, sealing, storing times, sweeping.

use crate::{
    activity,
    catalog::{StreamIds, StreamName},
    intake::{Lines, batch_size, size},
    logs::{Inner, blocking},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tinderbox_base::{Error, LogLine, Result};
use tinderbox_segments::{Batch, OwnerId, Record};

/// How long what was appended may be lost by a loss of power (never by a crash): a sync each second at most.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How often streams' times are stored, at most.
const STORE_INTERVAL: Duration = Duration::from_secs(5);
/// Streams with unstored times at which they are stored at once.
const STORE_AT: usize = 4096;
/// How long after a deletion the sweep runs, so that several share one.
const SWEEP_DELAY: Duration = Duration::from_secs(5);
/// How often the sweep looks for expired lines.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);
/// Streams that are looked up, and made, at one time: the store then syncs once for many of them.
const RESOLVING: usize = 32;
/// How long after a failure the next attempt is made.
const RETRY: Duration = Duration::from_secs(1);

/// The background work; ends when dropped.
#[derive(Debug)]
pub(crate) struct Tasks(Vec<tokio::task::AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::AbortHandle::abort);
    }
}

/// Work that is repeated and may fail again and again: logged when that begins and when it ends.
#[derive(Debug)]
pub(crate) struct Trouble {
    work: &'static str,
    failing: bool,
}

impl Trouble {
    /// No trouble so far with `work`.
    pub(crate) fn with(work: &'static str) -> Self {
        Self { work, failing: false }
    }

    /// Whether the work was done this time.
    pub(crate) fn is_over(&mut self, result: &Result<()>) -> bool {
        match (result, self.failing) {
            (Err(error), false) => tracing::error!(?error, work = self.work, "failed; it is tried again"),
            (Ok(()), true) => tracing::warn!(work = self.work, "works again"),
            _ => {}
        }
        self.failing = result.is_err();
        result.is_ok()
    }
}

/// Starts all background work.
pub(crate) fn start(inner: &Arc<Inner>) -> Tasks {
    let tasks = [
        tokio::spawn(flush_loop(inner.clone())),
        tokio::spawn(sync_loop(inner.clone())),
        tokio::spawn(seal_loop(inner.clone())),
        tokio::spawn(sweep_loop(inner.clone())),
    ];
    Tasks(tasks.iter().map(tokio::task::JoinHandle::abort_handle).collect())
}

async fn flush_loop(inner: Arc<Inner>) {
    loop {
        inner.intake.wake.notified().await;
        tokio::time::sleep(Duration::from_millis(inner.config.flush_interval_ms)).await;
        if inner.flush().await.is_err() {
            tokio::time::sleep(RETRY).await;
            inner.intake.wake.notify_one();
        }
    }
}

async fn sync_loop(inner: Arc<Inner>) {
    let (mut since_stored, mut sync, mut store) = (
        Duration::ZERO,
        Trouble::with("syncing log segments"),
        Trouble::with("storing the times of log streams"),
    );
    loop {
        inner.unsynced.notified().await;
        tokio::time::sleep(SYNC_INTERVAL).await;
        let segments = inner.segments.clone();
        let synced = blocking(move || segments.sync().map_err(Error::from)).await;
        if sync.is_over(&synced) {
            since_stored += SYNC_INTERVAL;
        } else {
            inner.unsynced.notify_one();
        }
        if since_stored >= STORE_INTERVAL || inner.pending.len() >= STORE_AT {
            since_stored = Duration::ZERO;
            store.is_over(&inner.pending.store(&inner.catalog, &inner.segments).await);
        }
        if inner.pending.len() > 0 {
            inner.unsynced.notify_one();
        }
    }
}

async fn seal_loop(inner: Arc<Inner>) {
    let mut trouble = Trouble::with("sealing log segments");
    loop {
        inner.full.notified().await;
        let segments = inner.segments.clone();
        if !trouble.is_over(&blocking(move || segments.maintain().map_err(Error::from)).await) {
            tokio::time::sleep(RETRY).await;
            inner.full.notify_one();
        }
    }
}

async fn sweep_loop(inner: Arc<Inner>) {
    loop {
        tokio::select! {
            () = inner.deleted.notified() => tokio::time::sleep(SWEEP_DELAY).await,
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
        }
        if let Err(error) = inner.sweep().await {
            tracing::error!(?error, "deleted and expired logs could not be removed");
        }
    }
}

impl Inner {
    /// Makes everything readable that was handed over before the call, if it can be done now; why it cannot
    /// is in the server's log.
    pub(crate) async fn settle(&self) {
        if !self.intake.is_empty() {
            let _ = self.flush().await;
        }
    }

    /// Appends everything that waits. What fails goes on waiting.
    pub(crate) async fn flush(&self) -> Result<()> {
        let mut trouble = self.flushing.lock().await;
        let result = self.flush_taken().await;
        trouble.is_over(&result);
        result
    }

    async fn flush_taken(&self) -> Result<()> {
        let taken = self.intake.take();
        let mut failure = None;
        let mut batches: BTreeMap<OwnerId, Vec<Record>> = BTreeMap::new();
        let resolve =
            async |(name, lines): (StreamName, Lines)| (self.catalog.resolve(&name).await, name, lines);
        let mut resolved = stream::iter(taken.lines).map(resolve).buffer_unordered(RESOLVING);
        while let Some((ids, name, lines)) = resolved.next().await {
            match ids {
                Ok(ids) => batches.entry(ids.owner).or_default().extend(lines.into_records(ids.stream)),
                Err(error) => {
                    failure = Some(error);
                    self.intake.put_back_lines(name, lines);
                }
            }
        }
        let mut dropped = Vec::new();
        for (name, count) in taken.dropped {
            match self.catalog.resolve(&name).await {
                Ok(ids) => {
                    tracing::warn!(group = name.group, stream = name.stream, count, "log lines were dropped");
                    dropped.push((ids, self.dropped_notice(count)));
                }
                Err(error) => {
                    failure = Some(error);
                    self.intake.put_back_dropped(name, count);
                }
            }
        }
        let mut all = taken.left;
        all.extend(batches.into_iter().map(|(owner, records)| Batch { owner, records }));
        for (ids, line) in dropped {
            self.intake.owe(size(std::slice::from_ref(&line)));
            all.push(Batch { owner: ids.owner, records: vec![record(ids, line)] });
        }
        let bytes: usize = all.iter().map(batch_size).sum();
        if let Err((error, left)) = self.append(all).await {
            let kept: usize = left.iter().map(batch_size).sum();
            self.intake.put_back(left);
            self.intake.done(bytes - kept);
            return Err(error);
        }
        self.intake.done(bytes);
        failure.map_or(Ok(()), Err)
    }

    fn dropped_notice(&self, count: u64) -> LogLine {
        let message = format!(
            "[tinderbox] {count} log lines were dropped here: more than {} MiB were waiting to be written",
            self.config.buffer_mib
        );
        LogLine { time: self.clock.now(), message }
    }

    /// Appends batches; readable on return. What could not be appended is handed back with the reason.
    pub(crate) async fn append(&self, batches: Vec<Batch>) -> Result<(), (Error, Vec<Batch>)> {
        if batches.iter().all(|b| b.records.is_empty()) {
            return Ok(());
        }
        let ingested = self.clock.now();
        let mut notes = activity::of(ingested, &batches);
        let segments = self.segments.clone();
        let work = tokio::task::spawn_blocking(move || segments.append(ingested, batches));
        // An error here means a panic or the runtime's end: nothing is known of what was written.
        let appended = work.await.map_err(|error| (Error::internal(error), Vec::new()))?;
        notes.retain(|ids, _| !appended.left.iter().any(|l| l.owner == ids.owner));
        self.pending.note(notes);
        if appended.full {
            self.full.notify_one();
        }
        self.unsynced.notify_one();
        match appended.error {
            Some(error) => Err((error.into(), appended.left)),
            None => Ok(()),
        }
    }
}

fn record(ids: StreamIds, line: LogLine) -> Record {
    Record { stream: ids.stream, time: line.time, body: Bytes::from(line.message) }
}
