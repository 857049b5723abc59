//! What becomes of an instance: from its boot to its end.

use super::{Action, InstanceKey, Scheduler, State, Ticket};
use crate::{Boot, EndReason, Home, StartKind, VersionId};
use tinderbox_base::Monotonic;

impl Scheduler {
    pub(super) fn booted(&mut self, now: Monotonic, key: InstanceKey, actions: &mut Vec<Action>) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        if instance.state != State::Booting {
            return;
        }
        let class = instance.class.clone();
        let Some(id) = &instance.version else {
            if self.draining {
                return self.end(key, EndReason::Drained, actions);
            }
            self.booting -= 1;
            instance.state = State::Stem;
            // A pool is not closed while one of its stems boots.
            let Some(pool) = self.pools.get_mut(&class.key) else { return };
            pool.booting.retain(|k| *k != key);
            pool.ready.push(key);
            pool.succeeded();
            actions.push(Action::Park { instance: key });
            return;
        };
        self.booting -= 1;
        instance.state = State::Initialising;
        if self.versions.get(id).is_some_and(|v| v.version.boot == Boot::Spawn) {
            self.ages.insert((instance.created, key));
        } else {
            if let Some(pool) = self.pools.get_mut(&class.key) {
                pool.succeeded();
            }
            self.assign(now, key, StartKind::Spawn, actions);
        }
    }

    pub(super) fn boot_failed(&mut self, now: Monotonic, key: InstanceKey, actions: &mut Vec<Action>) {
        let Some(instance) = self.instances.get(&key) else { return };
        let (class, version) = (instance.class.clone(), instance.version.clone());
        self.forget(key);
        // Only prewarming backs off: a request's own attempt has its own failure.
        if let Some(pool) = self.pools.get_mut(&class.key) {
            pool.failed(now);
        }
        if let Some(id) = version {
            self.fail_waiting(&id, actions);
        }
    }

    pub(super) fn stem_lost(&mut self, now: Monotonic, key: InstanceKey, actions: &mut Vec<Action>) {
        let Some(version) = self.instances.get(&key).and_then(|i| i.version.clone()) else { return };
        self.forget_instance_only(key);
        self.make_for_waiting(now, &version, actions);
        self.forget_if_unused(&version);
    }

    pub(super) fn ready(&mut self, now: Monotonic, key: InstanceKey, actions: &mut Vec<Action>) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        if instance.state != State::Initialising {
            return;
        }
        let (start, Some(id)) = (instance.start, instance.version.clone()) else { return };
        instance.state = State::Idle { since: now };
        self.idle.insert(now, key);
        self.making -= 1;
        if let Some(state) = self.versions.get_mut(&id) {
            state.making -= 1;
            state.idle.push(key);
        }
        self.settle(now, key, start, actions);
    }

    pub(super) fn init_failed(&mut self, key: InstanceKey, actions: &mut Vec<Action>) {
        let Some(version) = self.instances.get(&key).and_then(|i| i.version.clone()) else { return };
        self.forget_instance_only(key);
        self.fail_waiting(&version, actions);
        self.forget_if_unused(&version);
    }

    pub(super) fn finished(
        &mut self,
        now: Monotonic,
        key: InstanceKey,
        home: Home,
        actions: &mut Vec<Action>,
    ) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        if instance.state != State::Busy {
            return;
        }
        let Some(state) = instance.version.as_ref().and_then(|id| self.versions.get_mut(id)) else { return };
        self.limits.release(&state.version.account, &state.version.group);
        instance.state = State::Idle { since: now };
        instance.home = home;
        state.idle.push(key);
        self.idle.insert(now, key);
        self.settle(now, key, StartKind::Warm, actions);
    }

    /// Decides what a free instance does next: end, serve a waiting request, or wait for one.
    fn settle(&mut self, now: Monotonic, key: InstanceKey, start: StartKind, actions: &mut Vec<Action>) {
        let Some(instance) = self.instances.get(&key) else { return };
        let (State::Idle { since }, Some(id)) = (instance.state, &instance.version) else { return };
        let Some(state) = self.versions.get_mut(id) else { return };
        let used = instance.served;
        let reason = if state.version.id.is_retired() {
            Some(EndReason::Retired)
        } else if self.draining {
            Some(EndReason::Drained)
        } else if instance.old || now.since(instance.created) >= self.settings.max_age {
            Some(EndReason::Age)
        } else {
            None
        };
        // One that was made for a request serves it first, whatever has happened meanwhile. One that
        // has served ends: the requests that wait have others coming.
        if !state.waiting.is_empty() && (reason.is_none() || !used) {
            state.idle.pop();
            self.idle.remove(since, key);
            self.dispatch_waiting(key, start, actions);
        } else if let Some(reason) = reason {
            self.end(key, reason, actions);
        }
    }

    pub(super) fn exited(&mut self, now: Monotonic, key: InstanceKey) {
        let Some(instance) = self.instances.get(&key) else { return };
        match instance.state {
            State::Busy => {
                if let Some(state) = instance.version.as_ref().and_then(|id| self.versions.get(id)) {
                    self.limits.release(&state.version.account, &state.version.group);
                }
            }
            // A stem that ends by itself is a failed boot that came late.
            State::Stem => {
                if let Some(pool) = self.pools.get_mut(&instance.class.key) {
                    pool.failed(now);
                }
            }
            State::Idle { .. } => {}
            // Those have events of their own.
            State::Queued | State::Booting | State::Initialising => return,
        }
        self.forget(key);
    }

    pub(super) fn lost(
        &mut self,
        now: Monotonic,
        key: InstanceKey,
        ticket: Ticket,
        actions: &mut Vec<Action>,
    ) {
        let Some(id) = self.instances.get(&key).and_then(|i| i.version.clone()) else { return };
        self.forget_instance_only(key);
        self.place(now, ticket, &id, Home::default(), actions);
    }

    pub(super) fn retire(&mut self, id: &VersionId, actions: &mut Vec<Action>) {
        id.mark_retired();
        let Some(state) = self.versions.get(id) else { return };
        state.version.id.mark_retired();
        for key in state.idle.clone() {
            self.end(key, EndReason::Retired, actions);
        }
    }

    pub(super) fn drain(&mut self, actions: &mut Vec<Action>) {
        self.draining = true;
        while let Some((_, key)) = self.idle.oldest() {
            self.end(key, EndReason::Drained, actions);
        }
        for key in self.pools.drain() {
            self.end(key, EndReason::Drained, actions);
        }
        let unclaimed: Vec<_> = self
            .instances
            .iter()
            .filter(|(_, i)| i.version.is_none() && i.state == State::Queued)
            .map(|(key, _)| *key)
            .collect();
        for key in unclaimed {
            self.forget(key);
        }
    }

    /// Fails the oldest waiting request, if fewer instances are coming than requests wait.
    fn fail_waiting(&mut self, id: &VersionId, actions: &mut Vec<Action>) {
        let Some(state) = self.versions.get_mut(id) else { return };
        if state.waiting.len() > state.making
            && let Some(ticket) = state.waiting.pop_front()
        {
            self.limits.release(&state.version.account, &state.version.group);
            actions.push(Action::Fail { ticket });
        }
        self.forget_if_unused(id);
    }

    /// Ends an instance that is free.
    pub(super) fn end(&mut self, key: InstanceKey, reason: EndReason, actions: &mut Vec<Action>) {
        self.forget(key);
        actions.push(Action::End { instance: key, reason });
    }

    /// Forgets an instance, and its version if that was the last trace of it.
    pub(super) fn forget(&mut self, key: InstanceKey) {
        if let Some(id) = self.forget_instance_only(key) {
            self.forget_if_unused(&id);
        }
    }

    fn forget_instance_only(&mut self, key: InstanceKey) -> Option<VersionId> {
        let instance = self.instances.remove(&key)?;
        self.ages.remove(&(instance.created, key));
        match instance.state {
            State::Booting => self.booting -= 1,
            State::Idle { since } => self.idle.remove(since, key),
            State::Queued | State::Stem | State::Initialising | State::Busy => {}
        }
        let Some(id) = instance.version else {
            if let Some(pool) = self.pools.get_mut(&instance.class.key) {
                pool.remove(key);
            }
            return None;
        };
        if let Some(state) = self.versions.get_mut(&id) {
            state.instances -= 1;
            match instance.state {
                State::Queued | State::Booting | State::Initialising => {
                    state.making -= 1;
                    self.making -= 1;
                }
                State::Idle { .. } => state.idle.retain(|k| *k != key),
                State::Stem | State::Busy => {}
            }
        }
        Some(id)
    }

    pub(super) fn forget_if_unused(&mut self, id: &VersionId) {
        let unused = self.versions.get(id).is_some_and(|v| v.instances == 0 && v.waiting.is_empty());
        if unused && let Some(state) = self.versions.remove(id) {
            self.limits.forget_if_unused(&state.version.account, &state.version.group);
        }
    }
}
