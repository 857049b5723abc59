//! Gives memory back before the host runs out of it.

use super::Driver;
use crate::{HostMemory, scheduler::Event};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::sleep;

/// How often the host is asked while there are instances.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The most that is left available if no other amount is configured, in bytes.
const MOST_RESERVED: u64 = 512 << 20;

impl Driver {
    /// Starts to watch the host's memory; ends with the driver.
    pub(crate) fn start_watching_memory(self: &Arc<Self>) {
        let driver = Arc::downgrade(self);
        self.runtime.spawn(watch(driver));
    }

    /// Has idle instances ended if the host's memory is short.
    pub(super) fn look_at_memory(self: &Arc<Self>) {
        if !self.lock().scheduler.has_instances() {
            return;
        }
        let short = self.launcher.host_memory().is_some_and(|memory| is_short(memory, self.memory_reserve));
        if short {
            tracing::debug!("the host's memory is short");
            self.apply(Event::MemoryShort);
        }
    }
}

async fn watch(driver: Weak<Driver>) {
    loop {
        sleep(LOOK_EVERY).await;
        match driver.upgrade() {
            Some(driver) => driver.look_at_memory(),
            None => return,
        }
    }
}

fn is_short(HostMemory { total, available }: HostMemory, reserve: u64) -> bool {
    available < if reserve == 0 { (total / 20).min(MOST_RESERVED) } else { reserve }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_twentieth_or_what_is_configured() {
        let check = |total: u64, available: u64, reserve: u64, expect: bool| {
            let memory = HostMemory { total: total << 20, available: available << 20 };
            assert_eq!(is_short(memory, reserve << 20), expect, "{total} {available} {reserve}");
        };
        check(2_000, 99, 0, true);
        check(2_000, 100, 0, false);
        check(64_000, 511, 0, true);
        check(64_000, 512, 0, false);
        check(64_000, 999, 1_000, true);
        check(64_000, 1_000, 1_000, false);
    }
}
