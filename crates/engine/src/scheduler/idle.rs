//! Idle instances in the order in which they became idle.

use super::InstanceKey;
use std::{collections::BTreeSet, time::Duration};
use tinderbox_base::Monotonic;

/// Instances that wait for a request: the *hot* ones may still run, the *parked* ones are watched and frozen.
#[derive(Debug, Default)]
pub(crate) struct IdleOrder {
    hot: BTreeSet<(Monotonic, InstanceKey)>,
    parked: BTreeSet<(Monotonic, InstanceKey)>,
}

impl IdleOrder {
    pub(crate) fn insert(&mut self, since: Monotonic, key: InstanceKey) {
        self.hot.insert((since, key));
    }

    pub(crate) fn remove(&mut self, since: Monotonic, key: InstanceKey) {
        if !self.hot.remove(&(since, key)) {
            self.parked.remove(&(since, key));
        }
    }

    /// Moves an instance that is idle since `now - after` or longer from the hot ones to the parked ones.
    pub(crate) fn park_next(&mut self, now: Monotonic, after: Duration) -> Option<InstanceKey> {
        let (since, key) = *self.hot.first()?;
        if since + after > now {
            return None;
        }
        self.hot.remove(&(since, key));
        self.parked.insert((since, key));
        Some(key)
    }

    /// The instance that has been idle longest, and since when.
    pub(crate) fn oldest(&self) -> Option<(Monotonic, InstanceKey)> {
        match (self.parked.first(), self.hot.first()) {
            (Some(parked), Some(hot)) => Some(*parked.min(hot)),
            (one, other) => one.or(other).copied(),
        }
    }

    /// Since when the oldest hot one is idle.
    pub(crate) fn oldest_hot(&self) -> Option<Monotonic> {
        self.hot.first().map(|(since, _)| *since)
    }

    pub(crate) fn hot(&self) -> usize {
        self.hot.len()
    }

    pub(crate) fn parked(&self) -> usize {
        self.parked.len()
    }
}
