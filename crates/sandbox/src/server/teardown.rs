//! Ending a sandbox: kill, wait until the kernel has taken everything down, remove, and only then reuse its user id.

use super::slots::Slot;
use crate::{cgroup::Group, sys::watch::watch};
use rustix::process::{Signal, pidfd_send_signal};
use std::{io, os::fd::OwnedFd, sync::Arc, time::Duration};
use tokio::{
    io::{Interest, unix::AsyncFd},
    runtime::Handle,
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

/// How long the kernel may take; past it the leftovers are logged and left to the next start.
const LIMIT: Duration = Duration::from_secs(30);

/// The pause between two tries to remove a cgroup that is still busy.
const PAUSE: Duration = Duration::from_millis(5);

/// What must be taken down when nobody uses a sandbox any more. Dropping it does so in the background.
#[derive(Debug)]
pub(super) struct Remains {
    parts: Option<Parts>,
    uid: u32,
    group: Arc<Group>,
    runtime: Handle,
}

#[derive(Debug)]
struct Parts {
    init: Option<AsyncFd<OwnedFd>>,
    end: Signal,
    slot: Slot,
}

impl Remains {
    /// `end` is the signal at which init ends and everything inside with it.
    pub(super) fn new(slot: Slot, group: Group, end: Signal, runtime: Handle) -> Self {
        let (uid, group) = (slot.uid(), Arc::new(group));
        Self { parts: Some(Parts { init: None, end, slot }), uid, group, runtime }
    }

    /// Notes the pidfd of the sandbox's init.
    pub(super) fn set_init(&mut self, pidfd: OwnedFd) -> io::Result<()> {
        let init = watch(pidfd, Interest::READABLE)?;
        if let Some(parts) = &mut self.parts {
            parts.init = Some(init);
        }
        Ok(())
    }

    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    /// The pidfd of init, once there is one.
    pub(super) fn init(&self) -> Option<&OwnedFd> {
        Some(self.parts.as_ref()?.init.as_ref()?.get_ref())
    }

    pub(super) fn group(&self) -> &Arc<Group> {
        &self.group
    }

    /// Kills everything inside. The kernel does it all when init dies.
    pub(super) fn kill(&self) {
        if let Some(Parts { init: Some(init), end, .. }) = &self.parts {
            init.kill(*end, &self.group);
        }
    }

    /// Waits until everything inside is dead. Cancel safe.
    pub(super) async fn dead(&self) {
        if let Some(Parts { init: Some(init), .. }) = &self.parts {
            let _ = init.readable().await;
        }
    }

    /// Kills everything inside and waits until nothing is left.
    pub(super) async fn tear_down(mut self) {
        if let Some(parts) = self.parts.take() {
            parts.tear_down(Arc::clone(&self.group)).await;
        }
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            if let Some(init) = &parts.init {
                init.kill(parts.end, &self.group);
            }
            self.runtime.spawn(parts.tear_down(Arc::clone(&self.group)));
        }
    }
}

trait Kill {
    fn kill(&self, end: Signal, group: &Group);
}

impl Kill for AsyncFd<OwnedFd> {
    fn kill(&self, end: Signal, group: &Group) {
        // It fails only when init is dead already.
        let _ = pidfd_send_signal(self.get_ref(), end);
        // cgroup v1 lets nobody die who is frozen.
        let _ = group.set_frozen(false);
    }
}

impl Parts {
    async fn tear_down(self, group: Arc<Group>) {
        let Self { init, end, slot } = self;
        if let Some(init) = init {
            init.kill(end, &group);
            if timeout(LIMIT, init.readable()).await.is_err() {
                tracing::error!(
                    uid = slot.uid(),
                    "a killed sandbox does not die; its user id is not used again"
                );
                return std::mem::forget(slot);
            }
        }
        let deadline = Instant::now() + LIMIT;
        loop {
            let group = Arc::clone(&group);
            match spawn_blocking(move || group.remove()).await {
                Ok(Err(error))
                    if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < deadline =>
                {
                    sleep(PAUSE).await;
                }
                Ok(Err(error)) => {
                    return tracing::warn!(%error, uid = slot.uid(), "a sandbox's cgroup could not be removed");
                }
                Ok(Ok(())) | Err(_) => return,
            }
        }
    }
}
