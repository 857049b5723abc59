//! The end of instances, and of the engine.

use super::{Driver, Free};
use crate::{EndReason, InstanceEvent, machine::Machine, scheduler::Event};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout, timeout_at},
};

/// How long a killed process may take to be gone before its log is closed without it.
const DEATH: Duration = Duration::from_secs(1);
/// How long the end of all instances may take once they are killed.
const LAST_ENDS: Duration = Duration::from_secs(5);

/// Counts the instances whose processes exist.
#[derive(Debug, Default)]
pub(super) struct Living {
    count: AtomicUsize,
    none: Notify,
}

/// Held by an instance for as long as its process may exist.
#[derive(Debug)]
pub(crate) struct Alive(Arc<Living>);

impl Drop for Alive {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

impl Driver {
    pub(super) fn alive(&self) -> Alive {
        self.living.count.fetch_add(1, Ordering::AcqRel);
        Alive(self.living.clone())
    }

    /// Ends an instance, in the background.
    pub(super) fn end(self: &Arc<Self>, machine: Box<Machine>, reason: EndReason) {
        let driver = self.clone();
        self.runtime.spawn(async move { driver.end_now(machine, reason).await });
    }

    /// Ends an instance that nobody uses.
    pub(super) fn end_free(self: &Arc<Self>, instance: Free, reason: EndReason) {
        match instance {
            Free::Hot(machine) => self.end(machine, reason),
            Free::Parked(parked) => {
                let driver = self.clone();
                self.runtime.spawn(async move {
                    if let Ok(machine) | Err(Some(machine)) = parked.wake().await {
                        driver.end_now(machine, reason).await;
                    }
                });
            }
        }
    }

    pub(super) async fn end_now(self: &Arc<Self>, mut machine: Box<Machine>, reason: EndReason) {
        machine.control.kill();
        if machine.frozen {
            // Where the freezer is the old one, a frozen process does not hear of its death.
            machine.control.thaw().await;
        }
        // A process that cannot be reaped in time is left to the destruction below.
        drop(timeout(DEATH, machine.control.exited()).await);
        machine.finish_log(&*self.clock, None);
        let Machine { control, role, link, .. } = *machine;
        drop(link);
        if let Some(role) = role {
            drop(role.endpoint);
            role.version.observer.event(&role.info, InstanceEvent::Ended { reason });
        }
        control.destroy().await;
    }

    /// Accepts nothing more, waits until what is in flight is answered, at most for `limit`, and ends
    /// all instances.
    pub(crate) async fn drain(self: &Arc<Self>, limit: Duration) {
        let until = Instant::now() + limit;
        self.apply(Event::Drain);
        loop {
            let mut quiet = std::pin::pin!(self.quiet.notified());
            quiet.as_mut().enable();
            if self.lock().scheduler.is_quiet() || timeout_at(until, quiet).await.is_err() {
                break;
            }
        }
        self.stop.send_replace(true);
        let until = Instant::now() + LAST_ENDS;
        loop {
            let mut none = std::pin::pin!(self.living.none.notified());
            none.as_mut().enable();
            let left = self.living.count.load(Ordering::Acquire);
            if left == 0 {
                return;
            }
            if timeout_at(until, none).await.is_err() {
                tracing::warn!(left, "instances were still ending when the engine stopped");
                return;
            }
        }
    }
}
