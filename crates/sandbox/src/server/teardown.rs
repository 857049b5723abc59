//! Ending a sandbox: kill, wait until the kernel has taken everything down, remove, and only then reuse its user id.

use super::Shared;
use crate::cgroup::Group;
use rustix::process::{Signal, pidfd_send_signal};
use std::{io, os::fd::OwnedFd, sync::Arc, time::Duration};
use tokio::{
    io::unix::AsyncFd,
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

/// How long the kernel may take; past it the leftovers are logged and left to the next start.
const LIMIT: Duration = Duration::from_secs(30);

/// The pause between two tries to remove a cgroup that is still busy.
const PAUSE: Duration = Duration::from_millis(5);

/// What is left of a sandbox when nobody uses it any more.
#[derive(Debug)]
pub(super) struct Remains {
    pub(super) shared: Arc<Shared>,
    pub(super) pidfd: Option<AsyncFd<OwnedFd>>,
    pub(super) group: Group,
    pub(super) slot: u32,
}

impl Remains {
    /// Kills everything inside. The kernel does it all when init dies.
    pub(super) fn kill(&self) {
        if let Some(pidfd) = &self.pidfd {
            // It fails only when init is dead already.
            let _ = pidfd_send_signal(pidfd.get_ref(), Signal::KILL);
            // cgroup v1 lets nobody die who is frozen.
            let _ = self.group.set_frozen(false);
        }
    }

    /// Waits until everything inside is dead.
    pub(super) async fn dead(&self) {
        if let Some(pidfd) = &self.pidfd {
            let _ = pidfd.readable().await;
        }
    }

    pub(super) async fn tear_down(self) {
        self.kill();
        if timeout(LIMIT, self.dead()).await.is_err() {
            tracing::error!(uid = self.slot, "a killed sandbox does not die; its user id is not used again");
            return;
        }
        let Self { shared, pidfd, mut group, slot } = self;
        drop(pidfd);
        let deadline = Instant::now() + LIMIT;
        loop {
            let removed = spawn_blocking(move || (group.remove(), group)).await;
            match removed {
                Ok((Ok(()), _)) => break,
                Ok((Err(error), again))
                    if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < deadline =>
                {
                    group = again;
                }
                Ok((Err(error), _)) => {
                    tracing::warn!(%error, uid = slot, "a sandbox's cgroup could not be removed");
                    break;
                }
                Err(_) => return,
            }
            sleep(PAUSE).await;
        }
        shared.slots.give_back(slot);
    }
}
