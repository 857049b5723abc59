//! The service as a whole: its parts, its start and its end.

use crate::{
    activity::Pending,
    background::{self, Tasks},
    catalog::{Catalog, StreamName},
    intake::Intake,
    put::split_long,
    records::Place,
};
use std::{path::PathBuf, sync::Arc};
use tinderbox_base::{AccountId, Clock, Error, LogLine, LogOrigin, LogSink, Region, Result, config};
use tinderbox_segments::{Options, Segments};
use tinderbox_store::Store;
use tokio::sync::Notify;

/// What the service is made of.
pub struct Deps {
    /// The directory of its segments, which nobody else uses.
    pub dir: PathBuf,
    /// Where groups and streams are kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Limits and intervals.
    pub config: config::Logs,
}

/// The logs service. Clones share it.
#[derive(Clone, Debug)]
pub struct Logs {
    pub(crate) inner: Arc<Inner>,
    _tasks: Arc<Tasks>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) catalog: Catalog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) intake: Intake,
    pub(crate) pending: Pending,
    pub(crate) config: config::Logs,
    /// Held by the flush under way.
    pub(crate) flushing: tokio::sync::Mutex<background::Trouble>,
    /// Told when something was appended that is not synced.
    pub(crate) unsynced: Notify,
    /// Told when files wait to be sealed.
    pub(crate) full: Notify,
    /// Told when something was deleted.
    pub(crate) deleted: Notify,
}

/// What the service has and does, for `/health`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Segment files.
    pub files: usize,
    /// Segment files removed because the disk's share was used up, since the start.
    pub evicted_files: u64,
    /// Bytes waiting for their append.
    pub waiting_bytes: usize,
    /// Lines dropped because too much was waiting, since the start.
    pub dropped_lines: u64,
}

impl Logs {
    /// Opens the service and starts its background work, within a tokio runtime.
    ///
    /// # Errors
    /// The directory cannot be used, or the store fails.
    pub async fn open(deps: Deps) -> Result<Self> {
        let disk_bytes = deps.config.disk_mib << 20;
        // At least 64 files, so that removing the oldest takes little of what there is.
        let roll_bytes = (disk_bytes / 64).clamp(64 << 10, 4 << 20);
        let options = Options { roll_bytes, disk_bytes, ..Options::default() };
        let dir = deps.dir;
        let segments = blocking(move || Segments::open(&dir, options).map_err(Error::from)).await?;
        let inner = Arc::new(Inner {
            catalog: Catalog::new(deps.store, deps.clock.clone()),
            clock: deps.clock,
            segments: Arc::new(segments),
            intake: Intake::new(usize::try_from(deps.config.buffer_mib << 20).unwrap_or(usize::MAX)),
            pending: Pending::default(),
            config: deps.config,
            flushing: tokio::sync::Mutex::new(background::Trouble::with("writing log lines")),
            unsynced: Notify::new(),
            full: Notify::new(),
            deleted: Notify::new(),
        });
        inner.pending.recover(&inner.catalog, &inner.segments).await?;
        inner.full.notify_one();
        let tasks = Arc::new(background::start(&inner));
        Ok(Self { inner, _tasks: tasks })
    }

    /// Appends and syncs everything that waits. The server calls it last; the service works on afterwards.
    ///
    /// # Errors
    /// The disk or the store fails; what waits is lost when the process ends.
    pub async fn close(&self) -> Result<()> {
        self.inner.flush().await?;
        let segments = self.inner.segments.clone();
        blocking(move || segments.sync().map_err(Error::from)).await?;
        self.inner.pending.store(&self.inner.catalog, &self.inner.segments).await
    }

    /// Removes what is deleted and what has expired from disk, as happens each hour and soon after a deletion.
    /// Returns how many files were removed or rewritten.
    ///
    /// # Errors
    /// The disk or the store fails; the next sweep tries again.
    pub async fn sweep(&self) -> Result<usize> {
        self.inner.sweep().await
    }

    /// What the service has and does.
    pub fn stats(&self) -> Stats {
        let disk = self.inner.segments.stats();
        let (waiting_bytes, dropped_lines) = self.inner.intake.counts();
        Stats {
            disk_bytes: disk.bytes,
            files: disk.files,
            evicted_files: disk.evicted,
            waiting_bytes,
            dropped_lines,
        }
    }
}

impl LogSink for Logs {
    fn append(
        &self,
        account: &AccountId,
        region: &Region,
        group: &str,
        stream: &str,
        origin: LogOrigin,
        lines: Vec<LogLine>,
    ) {
        let place = Place { account: account.clone(), region: region.clone() };
        let name = StreamName { place, group: group.into(), stream: stream.into() };
        self.inner.intake.push(name, origin, lines.into_iter().flat_map(split_long).collect());
    }
}

/// Runs what blocks on the disk on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}
