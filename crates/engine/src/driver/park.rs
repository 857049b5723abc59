//! Instances that wait for longer: watched, and frozen.

use super::{Driver, Free};
use crate::{EndReason, machine::Machine, scheduler::Event};
use std::sync::Arc;
use tokio::{sync::oneshot, task::JoinHandle};

/// An instance in the care of its watcher.
pub(super) struct Parked {
    release: oneshot::Sender<()>,
    watcher: JoinHandle<Result<Box<Machine>, Option<Box<Machine>>>>,
}

impl Parked {
    /// Takes the instance back; an error is one that died, with what is left of it.
    pub(super) async fn wake(self) -> Result<Box<Machine>, Option<Box<Machine>>> {
        // A watcher that hears nothing any more has ended, which its result tells.
        let _ = self.release.send(());
        self.watcher.await.unwrap_or(Err(None))
    }
}

impl Driver {
    /// Hands an instance to a watcher, which freezes it if it has run code of a version.
    pub(super) fn park(self: &Arc<Self>, mut machine: Box<Machine>) -> Parked {
        let (release, mut released) = oneshot::channel();
        let driver = self.clone();
        let watcher = self.runtime.spawn(async move {
            if machine.come_home().is_err() {
                // Nobody would hear of its end: this is it.
                if driver.died_parked(&machine) {
                    driver.end_now(machine, EndReason::Failed).await;
                    return Err(None);
                }
                return Err(Some(machine));
            }
            machine.drain_log(&*driver.clock);
            let mut is_well = true;
            if machine.role.is_some() {
                tokio::select! {
                    biased;
                    _ = &mut released => return Ok(machine),
                    rests = machine.rest(&*driver.clock) => is_well = rests,
                }
            }
            if is_well {
                if machine.role.is_some() {
                    machine.control.freeze().await;
                    machine.frozen = true;
                    machine.drain_log(&*driver.clock);
                }
                tokio::select! {
                    biased;
                    _ = released => return Ok(machine),
                    () = machine.disturbed(&*driver.clock) => {}
                }
            }
            if !driver.died_parked(&machine) {
                return Err(Some(machine));
            }
            driver.end_now(machine, EndReason::Failed).await;
            Err(None)
        });
        Parked { release, watcher }
    }

    /// Tells the scheduler of a death, unless someone has taken the instance already: they learn of
    /// it from the watcher then. Both happen under one lock, so that nobody is given a dead one.
    fn died_parked(self: &Arc<Self>, machine: &Machine) -> bool {
        let (mut effects, mut blamed) = (Vec::new(), None);
        {
            let mut core = self.lock();
            let Some(Free::Parked(_)) = core.free.remove(&machine.key) else { return false };
            self.step(&mut core, Event::Exited { instance: machine.key }, &mut effects, &mut blamed);
        }
        self.perform(effects);
        true
    }
}
