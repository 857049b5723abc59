//! Which event runs next: decisions only, no I/O, and the time is told.
//!
//! Each function has a line of events. Lines with something to run stand in a ring and take turns by
//! deficit round robin (Shreedhar and Varghese 1995): each turn a line may spend a quantum on its
//! events, and what it did not spend is kept while it has events. So a storm of one function delays
//! another's event by at most a quantum a line, whatever the events' sizes.

use super::line::{Item, Line};
use crate::keys::Place;
use crate::model::Uid;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;
use tinderbox_base::Timestamp;

/// Most events of all functions that run at once.
pub(super) const MAX_RUNNING: usize = 256;
/// What a line may spend in a turn: bytes of payload, and for each event [`COST`] besides.
const QUANTUM: u64 = 64 * 1024;
/// What an event costs besides its bytes.
const COST: u64 = 16 * 1024;

/// The lines of all functions that have events.
pub(super) struct Schedule {
    lines: HashMap<Uid, Line>,
    /// Lines that may have something to run.
    ring: VecDeque<Uid>,
    /// When lines may have something to run again. Entries may be out of date, which costs a look.
    wakes: BTreeSet<(Timestamp, Uid)>,
    running: usize,
    /// Bytes of all events that wait or run.
    bytes: u64,
    limits: Limits,
    closed: bool,
    /// When it was last asked and had nothing to run, for tests that wait for that.
    #[cfg(test)]
    idle_at: Option<Timestamp>,
}

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Events of one function.
    pub(super) events: usize,
    /// Bytes of the events of all functions.
    pub(super) bytes: u64,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Run this event.
    Run(Uid, Place),
    /// Nothing until this moment, or until something happens.
    Wait(Option<Timestamp>),
}

/// How an attempt to run an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The event is done with.
    Done,
    /// It is to be run again, not before this moment.
    Later(Timestamp),
    /// It could not be run: a limit, or a fault of the platform.
    Refused,
}

impl Schedule {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            lines: HashMap::new(),
            ring: VecDeque::new(),
            wakes: BTreeSet::new(),
            running: 0,
            bytes: 0,
            limits,
            closed: false,
            #[cfg(test)]
            idle_at: None,
        }
    }

    /// A place behind all others of its line for an event of `size` bytes, if there is room.
    pub(super) fn reserve(&mut self, uid: Uid, request: String, size: u64, now: Timestamp) -> Option<Place> {
        if self.closed || self.bytes.saturating_add(size) > self.limits.bytes {
            return None;
        }
        let line = self.lines.entry(uid).or_default();
        if line.len() >= self.limits.events {
            return None;
        }
        self.bytes += size;
        Some(line.reserve(request, now))
    }

    /// The event of a place that was reserved is stored, or could not be.
    pub(super) fn arrived(&mut self, uid: Uid, place: Place, size: u64, stored: bool, now: Timestamp) {
        let Some(line) = self.lines.get_mut(&uid) else { return };
        line.arriving -= 1;
        if stored {
            line.insert(place, Item { size }, None);
        } else {
            self.bytes = self.bytes.saturating_sub(size);
        }
        self.refresh(uid, now);
    }

    /// An event that an earlier server accepted.
    pub(super) fn found(
        &mut self,
        uid: Uid,
        place: Place,
        size: u64,
        due: Option<Timestamp>,
        now: Timestamp,
    ) {
        let line = self.lines.entry(uid).or_default();
        line.last_number = line.last_number.max(place.number);
        line.insert(place, Item { size }, due);
        self.bytes += size;
        self.refresh(uid, now);
    }

    /// What to do now. An event that is to be run counts as running until [`Self::ended`].
    pub(super) fn next(&mut self, now: Timestamp) -> Next {
        while let Some((_, uid)) = self.wakes.first().copied().filter(|(at, _)| *at <= now) {
            self.wakes.pop_first();
            self.refresh(uid, now);
        }
        if self.closed || self.running >= MAX_RUNNING {
            return Next::Wait(None);
        }
        while let Some(uid) = self.ring.front().copied() {
            let Some(line) = self.lines.get_mut(&uid) else {
                self.ring.pop_front();
                continue;
            };
            let Some(size) = line.runnable(now) else {
                line.in_ring = false;
                line.deficit = 0;
                self.ring.pop_front();
                self.refresh(uid, now);
                continue;
            };
            let cost = COST + size;
            if line.deficit < cost {
                line.deficit += QUANTUM;
                self.ring.rotate_left(1);
                continue;
            }
            line.deficit -= cost;
            if let Some(place) = line.take() {
                self.running += 1;
                return Next::Run(uid, place);
            }
        }
        #[cfg(test)]
        {
            self.idle_at = Some(now);
        }
        Next::Wait(self.wakes.first().map(|(at, _)| *at))
    }

    /// An event that was to be run is no longer running.
    pub(super) fn ended(&mut self, uid: Uid, place: Place, end: End, now: Timestamp) {
        self.running -= 1;
        let Some(line) = self.lines.get_mut(&uid) else { return };
        let freed = line.ended(place, end, now);
        self.bytes = self.bytes.saturating_sub(freed);
        self.refresh(uid, now);
    }

    /// Whatever held a line back may hold no longer.
    pub(super) fn retry(&mut self, uid: Uid, now: Timestamp) {
        if let Some(line) = self.lines.get_mut(&uid) {
            line.relax();
            self.refresh(uid, now);
        }
    }

    /// Forgets a line with all its events. Those that run end as they end.
    pub(super) fn forget(&mut self, uid: Uid) {
        if let Some(line) = self.lines.remove(&uid) {
            self.bytes = self.bytes.saturating_sub(line.bytes());
        }
    }

    /// Lets nothing begin any more.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether nothing runs, arrives or may run at `now`, and it was asked about that moment.
    #[cfg(test)]
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        let arriving = self.lines.values().any(|line| line.arriving > 0);
        self.idle_at == Some(now) && self.running == 0 && self.ring.is_empty() && !arriving
    }

    /// Events that wait or run.
    pub(super) fn events(&self) -> usize {
        self.lines.values().map(|line| line.len() - line.arriving).sum()
    }

    /// Puts a line into the ring if it has something to run, else sees to it that it is looked at again
    /// in time; forgets it if it is empty.
    fn refresh(&mut self, uid: Uid, now: Timestamp) {
        let Some(line) = self.lines.get_mut(&uid) else { return };
        line.ripen(now);
        if line.runnable(now).is_some() {
            if !std::mem::replace(&mut line.in_ring, true) {
                self.ring.push_back(uid);
            }
        } else if let Some(at) = line.wake(now) {
            self.wakes.insert((at, uid));
        } else if line.len() == 0 && !line.in_ring && line.last_number >> 20 < millis(now) {
            self.lines.remove(&uid);
        }
    }
}

fn millis(now: Timestamp) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(0)
}

/// The wait after `refusals` in a row: a second, doubled each time, at most five minutes (Lambda guide,
/// "Asynchronous invocation": throttles and system errors).
pub(super) fn backoff(refusals: u32) -> Duration {
    const LAST: Duration = Duration::from_secs(300);
    Duration::from_secs(1_u64 << refusals.saturating_sub(1).min(9)).min(LAST)
}

#[cfg(test)]
mod tests;
