//! Instances and callers that do as the seed says, and a model of what the scheduler owes them.

use super::parts;
use crate::{
    Boot, EndReason, Home, RuntimeClass, StartKind, ThrottleReason, Version, VersionId,
    scheduler::{Action, Event, InstanceKey, Scheduler, Settings, Ticket, placing::HOTTEST},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::{AccountId, Monotonic, Random, SeededRandom};

/// What has happened, to prove that the run met it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) warm: usize,
    pub(super) spare: usize,
    pub(super) stem: usize,
    pub(super) spawn: usize,
    pub(super) throttled_account: usize,
    pub(super) throttled_reserved: usize,
    pub(super) throttled_capacity: usize,
    pub(super) retired: usize,
    pub(super) failed: usize,
    pub(super) lost: usize,
    pub(super) parked: usize,
    pub(super) ended_idle: usize,
    pub(super) ended_age: usize,
    pub(super) ended_retired: usize,
    pub(super) evicted: usize,
    /// Events between a request and its answer, the most.
    pub(super) longest_wait: usize,
}

/// An instance as the world knows it, from the actions alone.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Life {
    Booting(Option<VersionId>),
    Stem,
    Initialising(VersionId, StartKind),
    Free(VersionId),
    Busy(VersionId, Ticket),
}

pub(super) struct World {
    scheduler: Scheduler,
    random: SeededRandom,
    now: Monotonic,
    accounts: Vec<AccountId>,
    classes: Vec<Arc<RuntimeClass>>,
    /// The present generation of every function.
    functions: Vec<Arc<Version>>,
    generation: usize,
    lives: BTreeMap<InstanceKey, Life>,
    /// Free instances of a version, the last freed last: what LIFO must take.
    free: BTreeMap<String, Vec<InstanceKey>>,
    /// Where instances served last.
    homes: BTreeMap<InstanceKey, Home>,
    /// The request that looks for an instance right now, and its home.
    asking: Option<(Ticket, Home)>,
    /// Accepted requests that wait, by version, the oldest first.
    waiting: BTreeMap<String, BTreeSet<Ticket>>,
    /// The same by ticket, with the number of the event that asked.
    asked: BTreeMap<Ticket, (VersionId, usize)>,
    next_ticket: u64,
    drained: bool,
    told: usize,
    /// Events between two looks inside; looking costs more than stepping.
    check_every: usize,
    pub(super) seen: Seen,
}

impl World {
    pub(super) fn new(settings: Settings, seed: u64, check_every: usize) -> Self {
        let mut world = Self {
            scheduler: Scheduler::new(settings),
            random: SeededRandom::new(seed),
            now: Monotonic::default(),
            accounts: ["111111111111", "222222222222"].map(|a| a.parse().unwrap()).to_vec(),
            classes: vec![parts::class("a"), parts::class("b")],
            functions: Vec::new(),
            generation: 0,
            lives: BTreeMap::new(),
            free: BTreeMap::new(),
            homes: BTreeMap::new(),
            asking: None,
            waiting: BTreeMap::new(),
            asked: BTreeMap::new(),
            next_ticket: 0,
            drained: false,
            told: 0,
            check_every,
            seen: Seen::default(),
        };
        for function in 0..6 {
            let version = world.version(function);
            world.functions.push(version);
        }
        world
    }

    fn version(&mut self, function: usize) -> Arc<Version> {
        self.generation += 1;
        let boot = if function % 3 == 2 { Boot::Spawn } else { Boot::Stem };
        let (account, class) = (&self.accounts[function % 2], &self.classes[function / 3]);
        parts::version(&format!("f{function}"), self.generation, account, class, boot)
    }

    fn below(&self, bound: usize) -> usize {
        self.random.below(bound as u64) as usize
    }

    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Any instance whose life is as wanted.
    fn pick(&self, wanted: impl Fn(&Life) -> bool) -> Option<InstanceKey> {
        let keys: Vec<_> = self.lives.iter().filter(|(_, life)| wanted(life)).map(|(key, _)| *key).collect();
        (!keys.is_empty()).then(|| keys[self.below(keys.len())])
    }

    pub(super) fn step(&mut self) {
        match self.below(100) {
            0..40 => self.request(),
            40..52 => self.boot(),
            52..66 => self.initialise(),
            66..86 => self.finish(),
            86..88 => self.die_free(),
            88..89 => self.retire(),
            89..91 => self.reserve(),
            91..92 => {
                let class = self.classes[self.below(2)].clone();
                self.tell(Event::Prepare { class: &class });
            }
            92..93 if self.one_in(4) => self.tell(Event::MemoryShort),
            _ => self.pass_time(),
        }
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut actions = Vec::new();
        self.scheduler.step(self.now, event, &mut actions);
        for action in actions {
            self.execute(action);
        }
        self.told += 1;
        if self.told.is_multiple_of(self.check_every) {
            self.scheduler.check();
        }
    }

    fn request(&mut self) {
        // Mostly the same few, so that instances are reused; now and then in a burst.
        let function = self.below(6).min(self.below(6));
        let burst = if self.one_in(20) { 10 } else { 1 };
        for _ in 0..burst {
            let version = self.functions[function].clone();
            let ticket = Ticket(self.next_ticket);
            self.next_ticket += 1;
            self.ask(ticket, &version.id);
            let home = self.home();
            self.asking = Some((ticket, home));
            self.tell(Event::Request { ticket, version: &version, home });
            self.asking = None;
        }
    }

    fn boot(&mut self) {
        let Some(instance) = self.pick(|life| matches!(life, Life::Booting(_))) else { return };
        let Some(Life::Booting(version)) = self.lives.get(&instance).cloned() else { return };
        if self.one_in(8) {
            self.lives.remove(&instance);
            return self.tell(Event::BootFailed { instance });
        }
        let life = version.map_or(Life::Stem, |version| Life::Initialising(version, StartKind::Spawn));
        self.lives.insert(instance, life);
        self.tell(Event::Booted { instance });
    }

    fn initialise(&mut self) {
        let Some(instance) = self.pick(|life| matches!(life, Life::Initialising(..))) else { return };
        let Some(Life::Initialising(version, start)) = self.lives.get(&instance).cloned() else { return };
        match self.below(10) {
            0 => {
                self.lives.remove(&instance);
                self.tell(Event::InitFailed { instance });
            }
            1 if start == StartKind::Stem => {
                self.lives.remove(&instance);
                self.tell(Event::StemLost { instance });
            }
            _ => {
                self.set_free(instance, version);
                self.tell(Event::Ready { instance });
            }
        }
    }

    fn finish(&mut self) {
        let Some(instance) = self.pick(|life| matches!(life, Life::Busy(..))) else { return };
        let Some(Life::Busy(version, ticket)) = self.lives.get(&instance).cloned() else { return };
        match self.below(10) {
            0 => {
                self.lives.remove(&instance);
                self.tell(Event::Exited { instance });
            }
            1 => {
                self.seen.lost += 1;
                self.lives.remove(&instance);
                self.ask(ticket, &version);
                self.asking = Some((ticket, Home::default()));
                self.tell(Event::Lost { instance, ticket });
                self.asking = None;
            }
            _ => {
                self.set_free(instance, version);
                let home = self.home();
                self.homes.insert(instance, home);
                self.tell(Event::Finished { instance, home });
            }
        }
    }

    fn home(&mut self) -> Home {
        Home::numbered(self.below(3) as u16)
    }

    fn set_free(&mut self, instance: InstanceKey, version: VersionId) {
        self.free.entry(version.to_string()).or_default().push(instance);
        self.lives.insert(instance, Life::Free(version));
    }

    fn die_free(&mut self) {
        let Some(instance) = self.pick(|life| matches!(life, Life::Free(_) | Life::Stem)) else { return };
        self.forget(instance);
        self.tell(Event::Exited { instance });
    }

    fn forget(&mut self, instance: InstanceKey) {
        if let Some(Life::Free(version)) = self.lives.remove(&instance) {
            self.free.entry(version.to_string()).or_default().retain(|key| *key != instance);
        }
    }

    fn retire(&mut self) {
        let function = self.below(self.functions.len());
        let fresh = self.version(function);
        let old = std::mem::replace(&mut self.functions[function], fresh);
        self.tell(Event::Retire { version: &old.id });
        assert!(
            self.free.get(old.id.as_str()).is_none_or(Vec::is_empty),
            "a free instance outlives its version"
        );
        // Someone resolved the old one before and comes too late.
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let before = self.waiting.get(old.id.as_str()).map_or(0, BTreeSet::len);
        self.ask(ticket, &old.id);
        self.tell(Event::Request { ticket, version: &old, home: Home::default() });
        assert_eq!(
            self.waiting.get(old.id.as_str()).map_or(0, BTreeSet::len),
            before,
            "accepted after retirement"
        );
    }

    fn reserve(&mut self) {
        let version = self.functions[self.below(3)].clone();
        let reserved = [None, Some(0), Some(1), Some(4)][self.below(4)];
        let (account, group) = (&version.account, &version.group);
        self.tell(Event::Reserve { account, group, reserved });
    }

    fn pass_time(&mut self) {
        let pause = [1, 10, 60, 1000, 20_000][self.below(5)];
        self.now = self.now + Duration::from_millis(pause);
        self.tell(Event::Tick);
        if let Some(deadline) = self.scheduler.deadline(self.now) {
            assert!(deadline > self.now, "a tick left something undone");
        }
    }

    /// A ticket of an accepted or refused request waits for its one answer.
    fn ask(&mut self, ticket: Ticket, version: &VersionId) {
        assert_eq!(self.asked.insert(ticket, (version.clone(), self.told)), None);
        self.waiting.entry(version.to_string()).or_default().insert(ticket);
    }

    fn resolve(&mut self, ticket: Ticket) {
        let asked = self.asked.remove(&ticket);
        let (version, told) =
            asked.unwrap_or_else(|| panic!("{ticket:?} was answered already, or never asked"));
        self.seen.longest_wait = self.seen.longest_wait.max(self.told - told);
        let Some(waiting) = self.waiting.get_mut(version.as_str()) else { panic!("{version} is unknown") };
        assert!(waiting.remove(&ticket));
        if waiting.is_empty() {
            self.waiting.remove(version.as_str());
        }
    }

    fn execute(&mut self, action: Action) {
        match action {
            Action::Dispatch { ticket, instance, start } => self.dispatch(ticket, instance, start),
            Action::Throttle { ticket, reason } => {
                match reason {
                    ThrottleReason::Account => self.seen.throttled_account += 1,
                    ThrottleReason::Reserved => self.seen.throttled_reserved += 1,
                    ThrottleReason::Capacity => self.seen.throttled_capacity += 1,
                }
                self.resolve(ticket);
            }
            Action::Retired { ticket } => {
                self.seen.retired += 1;
                self.resolve(ticket);
            }
            Action::Draining { ticket } => {
                assert!(self.drained);
                self.resolve(ticket);
            }
            Action::Fail { ticket } => {
                self.seen.failed += 1;
                self.resolve(ticket);
            }
            Action::Boot { instance, .. } => {
                assert_eq!(self.lives.insert(instance, Life::Booting(None)), None);
            }
            Action::Spawn { instance, version } => {
                assert_eq!(self.lives.insert(instance, Life::Booting(Some(version.id.clone()))), None);
            }
            Action::Assign { instance, version, start } => {
                assert_eq!(self.lives.get(&instance), Some(&Life::Stem));
                self.lives.insert(instance, Life::Initialising(version.id.clone(), start));
            }
            Action::Park { instance } => {
                self.seen.parked += 1;
                assert!(matches!(self.lives.get(&instance), Some(Life::Free(_) | Life::Stem)));
            }
            Action::End { instance, reason } => {
                match reason {
                    EndReason::Idle => self.seen.ended_idle += 1,
                    EndReason::Age => self.seen.ended_age += 1,
                    EndReason::Retired => self.seen.ended_retired += 1,
                    EndReason::Evicted => self.seen.evicted += 1,
                    EndReason::Drained => assert!(self.drained),
                    EndReason::InitFailed | EndReason::Failed => panic!("not the scheduler's to say"),
                }
                assert!(matches!(self.lives.get(&instance), Some(Life::Free(_) | Life::Stem)));
                self.forget(instance);
            }
        }
    }

    fn dispatch(&mut self, ticket: Ticket, instance: InstanceKey, start: StartKind) {
        match start {
            StartKind::Warm => self.seen.warm += 1,
            StartKind::Spare => self.seen.spare += 1,
            StartKind::Stem => self.seen.stem += 1,
            StartKind::Spawn => self.seen.spawn += 1,
            StartKind::Fork => panic!("nothing forks"),
        }
        let Some(Life::Free(version)) = self.lives.get(&instance).cloned() else {
            panic!("{instance:?} is not free: {:?}", self.lives.get(&instance));
        };
        let free = self.free.entry(version.to_string()).or_default();
        // A request that finds free instances gets the hottest at its home, if one is among the hottest.
        let home = self.asking.filter(|(asks, _)| *asks == ticket).map(|(_, home)| home);
        let here = |key: &InstanceKey| Some(self.homes.get(key).copied().unwrap_or_default()) == home;
        let colder = free.iter().rev().take(HOTTEST).position(here).unwrap_or(0);
        let hottest = free.len().checked_sub(colder + 1).map(|index| free.remove(index));
        assert_eq!(hottest, Some(instance), "not the hottest");
        let oldest = self.waiting.get(version.as_str()).and_then(BTreeSet::first).copied();
        assert_eq!(oldest, Some(ticket), "not the oldest request of {version}");
        self.resolve(ticket);
        self.lives.insert(instance, Life::Busy(version, ticket));
    }

    /// Drains; whatever is under way comes to its end, and then nothing is left.
    pub(super) fn end(&mut self) {
        self.drained = true;
        self.tell(Event::Drain);
        let bound = 100_000;
        for _ in 0..bound {
            if self.lives.is_empty() {
                break;
            }
            match self.below(4) {
                0 => self.boot(),
                1 => self.initialise(),
                2 => self.finish(),
                _ => self.request(),
            }
        }
        assert!(self.asked.is_empty(), "somebody waits for ever: {:?}", self.asked);
        assert!(self.lives.is_empty(), "{:?}", self.lives);
        self.scheduler.check_empty();
    }
}
