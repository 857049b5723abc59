//! Which instance serves which request: decisions only, no I/O.
//!
//! Events go in with the time, actions come out; a driver executes them. Nothing here reads a clock,
//! draws a number or waits, so that hours of operation are simulated in milliseconds.

mod boot_queue;
#[cfg(test)]
mod check;
mod idle;
mod lifecycle;
mod limits;
mod placing;
mod pool;
#[cfg(test)]
mod simulation;
mod upkeep;

use crate::{EndReason, GroupId, Home, RuntimeClass, StartKind, Stats, ThrottleReason, Version, VersionId};
use boot_queue::BootQueue;
use idle::IdleOrder;
use limits::Limits;
use pool::Pools;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::{AccountId, Monotonic};

/// Names an instance within one run of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct InstanceKey(pub(crate) u64);

/// Names an accepted request within one run of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// The rules, from the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Requests at once in one account.
    pub(crate) account_concurrency: u32,
    /// Idleness after which an instance ends.
    pub(crate) idle_timeout: Duration,
    /// Age after which an instance is replaced.
    pub(crate) max_age: Duration,
    /// Idleness after which an instance is parked.
    pub(crate) park_after: Duration,
    /// Stems kept ready for each runtime.
    pub(crate) stems: usize,
    /// Stems kept for a runtime while bursts of requests find too few.
    pub(crate) max_stems: usize,
    /// Instances of all kinds.
    pub(crate) max_instances: usize,
    /// Processes booted at once. More would only slow each other down: booting is computation.
    pub(crate) parallel_boots: usize,
    /// Instances being made for requests below which stems may be booted too.
    pub(crate) refill_below: usize,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A request arrived; its thread is `home`.
    Request { ticket: Ticket, version: &'a Arc<Version>, home: Home },
    /// A function of this runtime exists: have stems ready.
    Prepare { class: &'a Arc<RuntimeClass> },
    /// A process is up; it has no version yet, or is about to initialise the one it was made for.
    Booted { instance: InstanceKey },
    /// A process could not be brought up.
    BootFailed { instance: InstanceKey },
    /// A stem was found dead before it was given its version.
    StemLost { instance: InstanceKey },
    /// An instance has initialised.
    Ready { instance: InstanceKey },
    /// An instance failed to initialise and is gone.
    InitFailed { instance: InstanceKey },
    /// An invocation is over and its instance, which is at `home`, can serve again.
    Finished { instance: InstanceKey, home: Home },
    /// An instance is gone, and with it the invocation that it may have been serving.
    Exited { instance: InstanceKey },
    /// An instance was found dead before the request reached it.
    Lost { instance: InstanceKey, ticket: Ticket },
    /// A version serves no request from now on.
    Retire { version: &'a VersionId },
    /// A group's reservation changed.
    Reserve { account: &'a AccountId, group: &'a GroupId, reserved: Option<u32> },
    /// The host's memory is short.
    MemoryShort,
    /// Time passed.
    Tick,
    /// Accept nothing more; end what is not in use.
    Drain,
}

/// What is to be done, in this order.
#[derive(Debug)]
pub(crate) enum Action {
    /// Give the request to the instance.
    Dispatch { ticket: Ticket, instance: InstanceKey, start: StartKind },
    /// Refuse the request for a limit.
    Throttle { ticket: Ticket, reason: ThrottleReason },
    /// Refuse the request: its version was retired.
    Retired { ticket: Ticket },
    /// Refuse the request: the engine is draining.
    Draining { ticket: Ticket },
    /// The failure of this instance is the request's.
    Fail { ticket: Ticket },
    /// Boot a generic process.
    Boot { instance: InstanceKey, class: Arc<RuntimeClass> },
    /// Boot a process for this version, then initialise it.
    Spawn { instance: InstanceKey, version: Arc<Version> },
    /// Give the generic instance its version and initialise it.
    Assign { instance: InstanceKey, version: Arc<Version>, start: StartKind },
    /// Watch the instance, which is a ready stem or idle for a while; freeze it if it has a version.
    Park { instance: InstanceKey },
    /// End the instance. It is forgotten already.
    End { instance: InstanceKey, reason: EndReason },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Waits for its turn to boot.
    Queued,
    /// Its process is being brought up.
    Booting,
    /// A generic instance in its pool.
    Stem,
    /// Initialises its version.
    Initialising,
    /// Waits for a request.
    Idle { since: Monotonic },
    /// Serves a request.
    Busy,
}

#[derive(Debug)]
struct Instance {
    state: State,
    class: Arc<RuntimeClass>,
    /// The version it has or is claimed for.
    version: Option<VersionId>,
    start: StartKind,
    created: Monotonic,
    served: bool,
    /// Where it served last.
    home: Home,
    /// To be replaced once it is free.
    old: bool,
}

#[derive(Debug)]
struct VersionState {
    version: Arc<Version>,
    /// Free instances, the hottest last.
    idle: Vec<InstanceKey>,
    /// Accepted requests without an instance, the oldest first; never more than `making`.
    waiting: VecDeque<Ticket>,
    /// Instances that will be ready: queued, booting or initialising.
    making: usize,
    /// All instances that have this version or are claimed for it.
    instances: usize,
}

/// The state of all instances and requests.
#[derive(Debug)]
pub(crate) struct Scheduler {
    settings: Settings,
    limits: Limits,
    instances: HashMap<InstanceKey, Instance>,
    versions: HashMap<VersionId, VersionState>,
    pools: Pools,
    idle: IdleOrder,
    /// Instances that have a version, oldest first, until they are known to be old.
    ages: BTreeSet<(Monotonic, InstanceKey)>,
    queue: BootQueue,
    booting: usize,
    making: usize,
    next_instance: u64,
    /// Until when no stem is booted ahead of demand, because memory is short.
    short_until: Monotonic,
    draining: bool,
}

impl Scheduler {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            limits: Limits::new(settings.account_concurrency),
            settings,
            instances: HashMap::new(),
            versions: HashMap::new(),
            pools: Pools::default(),
            idle: IdleOrder::default(),
            ages: BTreeSet::new(),
            queue: BootQueue::default(),
            booting: 0,
            making: 0,
            next_instance: 0,
            short_until: Monotonic::default(),
            draining: false,
        }
    }

    /// Takes note of `event` at `now` and appends what is to be done to `actions`.
    pub(crate) fn step(&mut self, now: Monotonic, event: Event<'_>, actions: &mut Vec<Action>) {
        match event {
            // The two events of every warm invocation need no upkeep.
            Event::Request { ticket, version, home } => {
                if self.request(now, ticket, version, home, actions) {
                    return;
                }
            }
            Event::Finished { instance, home } => return self.finished(now, instance, home, actions),
            Event::Prepare { class } => {
                self.pools.open(now, class);
            }
            Event::Booted { instance } => self.booted(now, instance, actions),
            Event::BootFailed { instance } => self.boot_failed(now, instance, actions),
            Event::StemLost { instance } => self.stem_lost(now, instance, actions),
            Event::Ready { instance } => self.ready(now, instance, actions),
            Event::InitFailed { instance } => self.init_failed(instance, actions),
            Event::Exited { instance } => self.exited(now, instance),
            Event::Lost { instance, ticket } => self.lost(now, instance, ticket, actions),
            Event::Retire { version } => self.retire(version, actions),
            Event::Reserve { account, group, reserved } => self.limits.set_reserved(account, group, reserved),
            Event::MemoryShort => self.give_back(now, actions),
            Event::Tick => self.tick(now, actions),
            Event::Drain => self.drain(actions),
        }
        self.pump(now, actions);
    }

    /// The next moment at which a [`Event::Tick`] has something to do.
    pub(crate) fn deadline(&self, now: Monotonic) -> Option<Monotonic> {
        [
            self.idle.oldest_hot().map(|since| since + self.settings.park_after),
            self.idle.oldest().map(|(since, _)| since + self.settings.idle_timeout),
            self.ages.first().map(|(created, _)| *created + self.settings.max_age),
            self.pools.next_retry(now, self.settings.stems),
            self.pools.next_relax(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the engine drains and no request is in flight.
    pub(crate) fn is_quiet(&self) -> bool {
        self.draining && self.limits.in_use() == 0
    }

    /// Whether there is any instance.
    pub(crate) fn has_instances(&self) -> bool {
        !self.instances.is_empty()
    }

    /// Instances and requests by state.
    pub(crate) fn stats(&self) -> Stats {
        let count = |wanted: fn(&State) -> bool| self.instances.values().filter(|i| wanted(&i.state)).count();
        Stats {
            stems: count(|s| *s == State::Stem),
            queued: count(|s| *s == State::Queued),
            booting: count(|s| *s == State::Booting),
            initialising: count(|s| *s == State::Initialising),
            idle: self.idle.hot(),
            parked: self.idle.parked(),
            busy: count(|s| *s == State::Busy),
            waiting: self.versions.values().map(|v| v.waiting.len()).sum(),
            in_flight: self.limits.in_use(),
        }
    }
}
