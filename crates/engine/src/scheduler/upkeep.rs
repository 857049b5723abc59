//! What happens by itself: parking, ageing, and the stems.

use super::{Action, InstanceKey, Scheduler, State, boot_queue::Line as _};
use crate::{Boot, EndReason, StartKind};
use std::time::Duration;
use tinderbox_base::Monotonic;

/// How long no stem is booted ahead of demand once memory was short.
const CAUTION: Duration = Duration::from_secs(5);

impl Scheduler {
    pub(super) fn tick(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        while let Some((since, key)) = self.idle.oldest() {
            if now.since(since) < self.settings.idle_timeout {
                break;
            }
            self.end(key, EndReason::Idle, actions);
        }
        while let Some(&(created, key)) = self.ages.first() {
            if now.since(created) < self.settings.max_age {
                break;
            }
            self.ages.remove(&(created, key));
            let Some(instance) = self.instances.get_mut(&key) else { continue };
            match instance.state {
                State::Idle { .. } => self.end(key, EndReason::Age, actions),
                _ => instance.old = true,
            }
        }
        for key in self.pools.relax(now, self.settings.stems) {
            self.end(key, EndReason::Evicted, actions);
        }
        while let Some(key) = self.idle.park_next(now, self.settings.park_after) {
            actions.push(Action::Park { instance: key });
        }
    }

    /// Ends a quarter of the idle instances, those idle longest, or if there are none all stems. Whoever finds that
    /// memory is still short says so again.
    pub(super) fn give_back(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        self.short_until = now + CAUTION;
        let idle = self.idle.hot() + self.idle.parked();
        for _ in 0..idle.div_ceil(4) {
            let Some((_, key)) = self.idle.oldest() else { break };
            self.end(key, EndReason::Evicted, actions);
        }
        if idle == 0 {
            for key in self.pools.drain() {
                self.end(key, EndReason::Evicted, actions);
            }
        }
    }

    /// Lets those boot whose turn it is: first what requests wait for, then stems.
    pub(super) fn pump(&mut self, now: Monotonic, actions: &mut Vec<Action>) {
        while self.booting < self.settings.parallel_boots
            && let Some(key) = self.queue.pop_front()
        {
            self.boot(key, actions);
        }
        while let Some(stems) = self.pools.close_surplus() {
            for key in stems {
                self.end(key, EndReason::Evicted, actions);
            }
        }
        while !self.draining
            && now >= self.short_until
            && self.queue.is_empty()
            && self.booting < self.settings.parallel_boots
            && self.making < self.settings.refill_below
            && self.instances.len() < self.settings.max_instances
            && let Some(class) = self.pools.lacking(now, self.settings.stems)
        {
            let key = self.new_instance(now, class.clone(), StartKind::Stem);
            if let Some(pool) = self.pools.get_mut(&class.key) {
                pool.booting.push(key);
            }
            self.boot(key, actions);
        }
    }

    fn boot(&mut self, key: InstanceKey, actions: &mut Vec<Action>) {
        // One that is no longer known was cancelled while it waited.
        let Some(instance) = self.instances.get_mut(&key) else { return };
        instance.state = State::Booting;
        self.booting += 1;
        let version = instance.version.as_ref().and_then(|id| self.versions.get(id)).map(|v| &v.version);
        actions.push(match version {
            Some(version) if version.boot == Boot::Spawn => {
                Action::Spawn { instance: key, version: version.clone() }
            }
            _ => Action::Boot { instance: key, class: instance.class.clone() },
        });
    }
}
