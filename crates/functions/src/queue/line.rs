//! The events of one function, and how fast they may run.

use super::schedule::{End, backoff};
use crate::keys::Place;
use std::collections::BTreeMap;
use tinderbox_base::Timestamp;

/// Most events of one function that run at once.
pub(super) const MAX_WORKERS: usize = 32;

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Bytes of its payload.
    pub(super) size: u64,
}

/// A function's events.
#[derive(Debug)]
pub(super) struct Line {
    /// Events that may run, in the order of their acceptance.
    ready: BTreeMap<Place, Item>,
    /// Events that may run later.
    later: BTreeMap<(Timestamp, Place), Item>,
    /// Events that run.
    running: BTreeMap<Place, Item>,
    /// Events that are being stored.
    pub(super) arriving: usize,
    /// How many may run at once: as many as ran when a limit refused one more, and one more with each that ran.
    window: usize,
    /// How often in a row one was refused, and until when nothing is tried.
    refusals: u32,
    not_before: Timestamp,
    /// The number of the last place.
    pub(super) last_number: u64,
    /// What it may still spend in its turn.
    pub(super) deficit: u64,
    /// Whether it stands in the ring.
    pub(super) in_ring: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            ready: BTreeMap::new(),
            later: BTreeMap::new(),
            running: BTreeMap::new(),
            arriving: 0,
            window: MAX_WORKERS,
            refusals: 0,
            not_before: Timestamp::default(),
            last_number: 0,
            deficit: 0,
            in_ring: false,
        }
    }
}

impl Line {
    /// Events of any state.
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.later.len() + self.running.len() + self.arriving
    }

    /// Bytes of all events that are stored.
    pub(super) fn bytes(&self) -> u64 {
        let all = self.ready.values().chain(self.later.values()).chain(self.running.values());
        all.map(|item| item.size).sum()
    }

    pub(super) fn reserve(&mut self, request: String, now: Timestamp) -> Place {
        self.arriving += 1;
        // Milliseconds with room for a million events in each, so that numbers grow across restarts too.
        let now = u64::try_from(now.as_millis()).unwrap_or(0) << 20;
        self.last_number = now.max(self.last_number + 1);
        Place { number: self.last_number, request }
    }

    pub(super) fn insert(&mut self, place: Place, item: Item, due: Option<Timestamp>) {
        match due {
            Some(due) => self.later.insert((due, place), item),
            None => self.ready.insert(place, item),
        };
    }

    /// Makes ready what is due.
    pub(super) fn ripen(&mut self, now: Timestamp) {
        while let Some(entry) = self.later.first_entry().filter(|e| e.key().0 <= now) {
            let ((_, place), item) = entry.remove_entry();
            self.ready.insert(place, item);
        }
    }

    /// The size of the event that may run now, if one may.
    pub(super) fn runnable(&self, now: Timestamp) -> Option<u64> {
        let free = self.running.len() < self.window && self.not_before <= now;
        self.ready.first_key_value().filter(|_| free).map(|(_, item)| item.size)
    }

    /// When to look again, if nothing else happens before.
    pub(super) fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let held = (!self.ready.is_empty() && self.not_before > now).then_some(self.not_before);
        let due = self.later.first_key_value().map(|((due, _), _)| *due);
        held.into_iter().chain(due).min()
    }

    /// The event that runs next.
    pub(super) fn take(&mut self) -> Option<Place> {
        let (place, item) = self.ready.pop_first()?;
        self.running.insert(place.clone(), item);
        Some(place)
    }

    /// An event stopped running; the bytes that are free now.
    pub(super) fn ended(&mut self, place: Place, end: End, now: Timestamp) -> u64 {
        let Some(item) = self.running.remove(&place) else { return 0 };
        match end {
            End::Done | End::Later(_) => {
                self.relax();
                self.window = (self.window + 1).min(MAX_WORKERS);
            }
            End::Refused => {
                // What runs shows how many can; events that were refused together are one refusal.
                self.window = self.running.len().max(1);
                if self.not_before <= now {
                    self.refusals = self.refusals.saturating_add(1);
                    self.not_before = now + backoff(self.refusals);
                }
            }
        }
        match end {
            End::Done => return item.size,
            End::Later(due) => self.insert(place, item, Some(due)),
            End::Refused => self.insert(place, item, None),
        }
        0
    }

    /// Nothing holds it back any more.
    pub(super) fn relax(&mut self) {
        self.refusals = 0;
        self.not_before = Timestamp::default();
    }
}
