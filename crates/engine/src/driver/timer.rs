//! Calls the scheduler when time itself is what happens.

use super::Driver;
use crate::scheduler::Event;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// How long the timer sleeps when nothing is due.
const NOTHING_DUE: Duration = Duration::from_secs(3600);

impl Driver {
    /// Starts the timer; it ends with the driver.
    pub(crate) fn start_timer(self: &Arc<Self>) {
        let rearm = self.rearm.clone();
        let driver = Arc::downgrade(self);
        self.runtime.spawn(async move { run(driver, &rearm).await });
    }

    /// Notes that the timer is awake until the answered time has passed.
    fn arm(&self) -> Duration {
        let mut core = self.lock();
        let now = self.clock.monotonic();
        core.armed = core.scheduler.deadline(now);
        core.armed.map_or(NOTHING_DUE, |deadline| deadline.since(now))
    }
}

async fn run(driver: Weak<Driver>, rearm: &Notify) {
    loop {
        let Some(wait) = driver.upgrade().map(|driver| driver.arm()) else { return };
        tokio::select! {
            () = sleep_until(Instant::now() + wait) => match driver.upgrade() {
                Some(driver) => drop(driver.apply(Event::Tick)),
                None => return,
            },
            () = rearm.notified() => {}
        }
    }
}
