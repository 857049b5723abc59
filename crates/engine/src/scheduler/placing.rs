//! From a request to an instance: the hottest free one, or one that is made.

use super::{Action, Instance, InstanceKey, Scheduler, State, Ticket, VersionState};
use crate::{Boot, EndReason, Home, RuntimeClass, StartKind, ThrottleReason, Version, VersionId};
use std::{collections::VecDeque, sync::Arc};
use tinderbox_base::Monotonic;

/// How many of a version's hottest free instances are looked at for one at the request's home.
pub(super) const HOTTEST: usize = 8;

impl Scheduler {
    /// Accepts or refuses a request. Answers whether it was dispatched at once.
    pub(super) fn request(
        &mut self,
        now: Monotonic,
        ticket: Ticket,
        version: &Arc<Version>,
        home: Home,
        actions: &mut Vec<Action>,
    ) -> bool {
        if self.draining {
            actions.push(Action::Draining { ticket });
            return false;
        }
        if version.id.is_retired() {
            actions.push(Action::Retired { ticket });
            return false;
        }
        if let Err(reason) = self.limits.acquire(&version.account, &version.group) {
            actions.push(Action::Throttle { ticket, reason });
            return false;
        }
        if !self.versions.contains_key(&version.id) {
            self.versions.insert(
                version.id.clone(),
                VersionState {
                    version: version.clone(),
                    idle: Vec::new(),
                    waiting: VecDeque::new(),
                    making: 0,
                    instances: 0,
                },
            );
        }
        self.place(now, ticket, &version.id, home, actions)
    }

    /// Finds an instance for an accepted request. Answers whether it was dispatched at once.
    pub(super) fn place(
        &mut self,
        now: Monotonic,
        ticket: Ticket,
        id: &VersionId,
        home: Home,
        actions: &mut Vec<Action>,
    ) -> bool {
        while let Some(key) = self.take_idle(id, home) {
            let Some(instance) = self.instances.get_mut(&key) else { continue };
            let State::Idle { since } = instance.state else { continue };
            if now.since(instance.created) >= self.settings.max_age {
                // Put back so that ending it finds everything as it expects.
                if let Some(version) = self.versions.get_mut(id) {
                    version.idle.push(key);
                }
                self.end(key, EndReason::Age, actions);
                continue;
            }
            let start = if instance.served { StartKind::Warm } else { StartKind::Spare };
            instance.state = State::Busy;
            instance.served = true;
            self.idle.remove(since, key);
            actions.push(Action::Dispatch { ticket, instance: key, start });
            return true;
        }
        let Some(state) = self.versions.get_mut(id) else { return false };
        // Tickets grow with time, so their order is that of arrival; one that was lost comes first again.
        let position = state.waiting.iter().rposition(|waiting| *waiting < ticket).map_or(0, |p| p + 1);
        state.waiting.insert(position, ticket);
        self.make_for_waiting(now, id, actions);
        false
    }

    /// Takes a free instance of the version: the hottest of those at `home`, if one of the hottest is
    /// there, else the hottest.
    fn take_idle(&mut self, id: &VersionId, home: Home) -> Option<InstanceKey> {
        let idle = &mut self.versions.get_mut(id)?.idle;
        let here = |key: &InstanceKey| self.instances.get(key).is_some_and(|i| i.home == home);
        let found = idle.iter().rev().take(HOTTEST).position(here);
        let index = idle.len().checked_sub(found.unwrap_or(0) + 1)?;
        Some(idle.remove(index))
    }

    /// Makes instances until every waiting request of the version has one coming; those for which
    /// there is no room are refused, the youngest first.
    pub(super) fn make_for_waiting(&mut self, now: Monotonic, id: &VersionId, actions: &mut Vec<Action>) {
        while let Some(state) = self.versions.get(id) {
            if state.waiting.len() <= state.making {
                return;
            }
            let version = state.version.clone();
            if self.make(now, &version, actions) {
                continue;
            }
            let refused = self.versions.get_mut(id).and_then(|v| v.waiting.pop_back());
            if let Some(ticket) = refused {
                self.limits.release(&version.account, &version.group);
                actions.push(Action::Throttle { ticket, reason: ThrottleReason::Capacity });
            }
            self.forget_if_unused(id);
        }
    }

    /// Starts to make one instance of `version`. Answers whether there is room.
    fn make(&mut self, now: Monotonic, version: &Arc<Version>, actions: &mut Vec<Action>) -> bool {
        if version.boot == Boot::Stem {
            let pool = self.pools.open(now, &version.class);
            if let Some(key) = pool.ready.pop() {
                self.claim(key, &version.id);
                self.assign(now, key, StartKind::Stem, actions);
                return true;
            }
            pool.missed(now, self.settings.max_stems.saturating_sub(self.settings.stems));
            if !pool.booting.is_empty() {
                let key = pool.booting.remove(0);
                self.claim(key, &version.id);
                return true;
            }
        }
        if !self.make_room(actions) {
            return false;
        }
        let key = self.new_instance(now, version.class.clone(), StartKind::Spawn);
        self.claim(key, &version.id);
        self.queue.push_back(&version.account, &version.group, key);
        true
    }

    /// Marks an instance as made for a version.
    fn claim(&mut self, key: InstanceKey, id: &VersionId) {
        if let Some(state) = self.versions.get_mut(id) {
            state.making += 1;
            state.instances += 1;
            self.making += 1;
            if let Some(instance) = self.instances.get_mut(&key) {
                instance.version = Some(id.clone());
            }
        }
    }

    /// Lets a generic instance that is claimed initialise its version.
    pub(super) fn assign(
        &mut self,
        now: Monotonic,
        key: InstanceKey,
        start: StartKind,
        actions: &mut Vec<Action>,
    ) {
        let Some(instance) = self.instances.get_mut(&key) else { return };
        let Some(version) = instance.version.as_ref().and_then(|id| self.versions.get(id)) else { return };
        instance.state = State::Initialising;
        instance.start = start;
        instance.created = now;
        self.ages.insert((now, key));
        actions.push(Action::Assign { instance: key, version: version.version.clone(), start });
    }

    pub(super) fn new_instance(
        &mut self,
        now: Monotonic,
        class: Arc<RuntimeClass>,
        start: StartKind,
    ) -> InstanceKey {
        let key = InstanceKey(self.next_instance);
        self.next_instance += 1;
        let instance = Instance {
            state: State::Queued,
            class,
            version: None,
            start,
            created: now,
            served: false,
            home: Home::default(),
            old: false,
        };
        self.instances.insert(key, instance);
        key
    }

    /// Makes room for one more instance: ends the one idle longest, else a stem. Answers whether
    /// there is room.
    fn make_room(&mut self, actions: &mut Vec<Action>) -> bool {
        if self.instances.len() < self.settings.max_instances {
            return true;
        }
        let victim = self.idle.oldest().map(|(_, key)| key).or_else(|| self.pools.pop_any());
        match victim {
            Some(key) => {
                self.end(key, EndReason::Evicted, actions);
                true
            }
            None => false,
        }
    }

    /// Gives a free instance to the oldest waiting request, if one waits.
    pub(super) fn dispatch_waiting(
        &mut self,
        key: InstanceKey,
        start: StartKind,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some(instance) = self.instances.get_mut(&key) else { return false };
        let Some(id) = instance.version.clone() else { return false };
        let Some(ticket) = self.versions.get_mut(&id).and_then(|v| v.waiting.pop_front()) else {
            return false;
        };
        instance.state = State::Busy;
        instance.served = true;
        actions.push(Action::Dispatch { ticket, instance: key, start });
        self.cancel_queued(&id);
        true
    }

    /// Forgets an instance that has not begun to boot and that no waiting request needs.
    fn cancel_queued(&mut self, id: &VersionId) {
        let Some(state) = self.versions.get(id) else { return };
        if state.making <= state.waiting.len() {
            return;
        }
        let instances = &self.instances;
        let is_queued = |key: &InstanceKey| {
            instances.get(key).is_some_and(|i| i.state == State::Queued && i.version.as_ref() == Some(id))
        };
        let newest = self.queue.of(&state.version.account, &state.version.group).rev().find(is_queued);
        if let Some(key) = newest {
            self.forget(key);
        }
    }
}
