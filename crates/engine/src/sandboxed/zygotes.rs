//! One booted zygote for each class of runtime that can have one.

use super::{Shared, sandbox_mount};
use crate::RuntimeClass;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tinderbox_sandbox::{Command, SandboxError, SandboxSpec, Sandboxes, Zygote};

/// Classes that have one at a time; each takes some 10 MB.
const MAX_ZYGOTES: usize = 16;
/// How long after a failed boot the next is tried.
const RETRY: Duration = Duration::from_secs(30);

/// The zygotes, by their classes' keys.
#[derive(Debug, Default)]
pub(super) struct Zygotes {
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    ready: Option<Arc<Zygote>>,
    booting: bool,
    used: u64,
}

impl Zygotes {
    /// The zygote of `class`, if it is ready; otherwise, and when it is old, one is booted for those who ask later.
    /// Nobody waits: what cannot be forked now is executed.
    pub(super) fn of(
        shared: &Arc<Shared>,
        sandboxes: &Sandboxes,
        class: &Arc<RuntimeClass>,
    ) -> Option<Arc<Zygote>> {
        class.zygote.as_ref()?;
        let mut known = shared.zygotes.lock();
        let latest = known.values().map(|known| known.used).max().unwrap_or(0);
        if known.len() >= MAX_ZYGOTES && !known.contains_key(&class.key) {
            // The forks of one that goes keep it until they end.
            let eldest = known.iter().filter(|(_, known)| !known.booting).min_by_key(|(_, known)| known.used);
            let eldest = eldest.map(|(key, _)| key.clone())?;
            known.remove(&eldest);
        }
        let entry = known.entry(class.key.clone()).or_default();
        entry.used = latest + 1;
        entry.ready.take_if(|zygote| !zygote.is_alive());
        let wanted = entry.ready.as_ref().is_none_or(|zygote| zygote.is_old());
        if wanted && !entry.booting {
            entry.booting = true;
            tokio::spawn(boot(Arc::clone(shared), sandboxes.clone(), Arc::clone(class)));
        }
        entry.ready.clone()
    }

    /// Ends those that no fork holds.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn boot(shared: Arc<Shared>, sandboxes: Sandboxes, class: Arc<RuntimeClass>) {
    let spec =
        SandboxSpec { mounts: class.mounts.iter().map(sandbox_mount).collect(), ..SandboxSpec::default() };
    let argv = class.argv.iter().chain(&class.zygote);
    let command = Command {
        argv: argv.map(Into::into).collect(),
        env: class.env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        cwd: PathBuf::from("/"),
        fds: Vec::new(),
    };
    let booted = sandboxes.zygote(spec, command).await;
    match &booted {
        // What makes sandboxes has died or is ended, which is told elsewhere.
        Ok(_) | Err(SandboxError::Gone) => {}
        Err(error) => {
            tracing::warn!(%error, class = class.key, "instances are executed, since there is nothing to fork them from");
            tokio::time::sleep(RETRY).await;
        }
    }
    let mut known = shared.zygotes.lock();
    if let Some(entry) = known.get_mut(&class.key) {
        entry.booting = false;
        entry.ready = booted.ok().map(Arc::new).or_else(|| entry.ready.take());
    }
}
