//! Waiting for a directory to change.

use super::{Outcome, failure::During, package::left_out};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{path::Path, time::Duration};
use tokio::sync::mpsc;

/// How long a directory must be quiet before it counts as changed: editors write in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Tells when files below a directory change.
pub(crate) struct Watcher {
    // Watching ends when this is dropped.
    _watcher: RecommendedWatcher,
    changes: mpsc::Receiver<()>,
}

impl Watcher {
    /// Begins to watch `directory`.
    pub(crate) fn new(directory: &Path) -> Outcome<Self> {
        let (sender, changes) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| matters(&event)) {
                // A full channel means that a change is already to be told.
                let _ = sender.try_send(());
            }
        })
        .during(|| "cannot watch for changes".into())?;
        let watched = watcher.watch(directory, RecursiveMode::Recursive);
        watched.during(|| format!("cannot watch {}", directory.display()))?;
        Ok(Self { _watcher: watcher, changes })
    }

    /// Waits until something changed and then nothing did for a moment.
    pub(crate) async fn changed(&mut self) -> Outcome<()> {
        let stopped = || super::Failure::new("the watch ended");
        self.changes.recv().await.ok_or_else(stopped)?;
        while let Ok(more) = tokio::time::timeout(QUIET, self.changes.recv()).await {
            more.ok_or_else(stopped)?;
        }
        Ok(())
    }
}

fn matters(event: &notify::Event) -> bool {
    let changes = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_));
    let project = |path: &Path| path.file_name().is_some_and(|name| name == super::project::FILE);
    changes
        && event
            .paths
            .iter()
            .any(|path| project(path) || !path.components().any(|part| left_out(part.as_os_str())))
}
