//! What must hold after every step, looked at from the inside.

use super::{Scheduler, State};

impl Scheduler {
    /// Panics unless everything the scheduler counts is what is there.
    pub(super) fn check(&self) {
        self.limits.check();
        let states =
            |wanted: fn(&State) -> bool| self.instances.values().filter(|i| wanted(&i.state)).count();
        let is_making = |s: &State| matches!(s, State::Queued | State::Booting | State::Initialising);
        assert!(self.instances.len() <= self.settings.max_instances, "more instances than allowed");
        assert_eq!(self.booting, states(|s| *s == State::Booting), "booting");
        assert!(self.booting <= self.settings.parallel_boots, "more boots than allowed");
        let idle = states(|s| matches!(s, State::Idle { .. }));
        assert_eq!(self.idle.hot() + self.idle.parked(), idle, "idle");
        assert_eq!(self.making, self.versions.values().map(|v| v.making).sum::<usize>(), "making");
        let stems: usize = self.pools.ready();
        assert_eq!(stems, states(|s| *s == State::Stem), "stems");
        for (id, version) in &self.versions {
            let of = || self.instances.values().filter(|i| i.version.as_ref() == Some(id));
            assert_eq!(version.instances, of().count(), "instances of {id}");
            assert_eq!(version.making, of().filter(|i| is_making(&i.state)).count(), "making of {id}");
            assert!(version.waiting.len() <= version.making, "a request of {id} waits for nothing");
            assert!(version.waiting.iter().is_sorted(), "requests of {id} wait out of order");
            let idle = of().filter(|i| matches!(i.state, State::Idle { .. })).count();
            assert_eq!(version.idle.len(), idle, "idle of {id}");
            assert!(
                version.waiting.is_empty() || idle == 0,
                "a request of {id} waits beside a free instance"
            );
            assert!(version.instances > 0, "{id} is remembered for nothing");
        }
        let queued = states(|s| *s == State::Queued);
        let waiting_to_boot = self.queue.iter().filter(|k| self.instances.contains_key(k)).count();
        assert_eq!(queued, waiting_to_boot, "queued");
        assert!(queued == 0 || self.booting == self.settings.parallel_boots, "nothing boots, and some wait");
        let in_use: usize =
            states(|s| *s == State::Busy) + self.versions.values().map(|v| v.waiting.len()).sum::<usize>();
        assert_eq!(self.limits.in_use(), in_use, "requests counted");
    }

    /// Panics unless everything is gone.
    pub(super) fn check_empty(&self) {
        assert!(self.instances.is_empty() && self.versions.is_empty() && self.ages.is_empty());
        assert_eq!((self.booting, self.making, self.limits.in_use()), (0, 0, 0));
    }
}
