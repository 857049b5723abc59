//! A function with a thousand callers beside one with a single caller: how long that one waits, and for what.
//!
//! Time is made up: booting, initialising and serving take as long as told, however much goes on. What is left is what
//! the scheduler decides.

use super::{parts, settings};
use crate::{
    Boot, Home, RuntimeClass, Version,
    scheduler::{Action, Event, InstanceKey, Scheduler, Settings, Ticket},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::{AccountId, Monotonic, Random, SeededRandom};

const BOOT: Duration = Duration::from_millis(10);
const INIT: Duration = Duration::from_millis(2);
/// What the quiet function computes, and how long its caller thinks before the next call.
const SERVICE: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_millis(5);
/// Calls of the quiet function in a run; it is deployed anew, and so cold, at every `DEPLOY`th.
const CALLS: usize = 3000;
const DEPLOY: usize = 40;

/// The caller of the quiet function; the storm's have other numbers.
const QUIET: usize = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Call(usize),
    Booted(InstanceKey),
    Ready(InstanceKey),
    Finished(InstanceKey),
}

/// What a call of the quiet function met.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// It was the first of its version.
    cold: bool,
    wait: Duration,
    /// Boots that began after it asked and before its own.
    boots_before: usize,
}

struct Storm {
    scheduler: Scheduler,
    random: SeededRandom,
    now: Monotonic,
    agenda: BTreeSet<(Monotonic, u64, What)>,
    next: u64,
    account: AccountId,
    class: Arc<RuntimeClass>,
    boot: Boot,
    /// Of the quiet function and of the storming one.
    versions: [Arc<Version>; 2],
    /// When which boot began.
    boots: BTreeMap<InstanceKey, usize>,
    begun: usize,
    callers: BTreeMap<Ticket, usize>,
    busy: BTreeMap<InstanceKey, usize>,
    /// When the quiet caller asked, and how many boots had begun then.
    asked: (Monotonic, usize),
    cold: bool,
    calls: Vec<Call>,
    refused: usize,
}

impl Storm {
    fn new(settings: Settings, boot: Boot, callers: usize, reserved: Option<u32>) -> Self {
        let (account, class) = (AccountId::default(), parts::class("a"));
        let version = |group| parts::version(group, 0, &account, &class, boot);
        let mut storm = Self {
            scheduler: Scheduler::new(settings),
            random: SeededRandom::new(1),
            now: Monotonic::default(),
            agenda: BTreeSet::new(),
            next: 0,
            versions: [version("quiet"), version("storm")],
            account,
            class,
            boot,
            boots: BTreeMap::new(),
            begun: 0,
            callers: BTreeMap::new(),
            busy: BTreeMap::new(),
            asked: Default::default(),
            cold: true,
            calls: Vec::new(),
            refused: 0,
        };
        if let Some(class) = (boot == Boot::Stem).then(|| storm.class.clone()) {
            storm.tell(Event::Prepare { class: &class });
        }
        let (account, group) = (storm.account.clone(), storm.versions[QUIET].group.clone());
        storm.tell(Event::Reserve { account: &account, group: &group, reserved });
        for caller in 1..=callers {
            storm.plan(Duration::ZERO, What::Call(caller));
        }
        // In the middle of the storm's first boots.
        storm.plan(BOOT * 3 / 2, What::Call(QUIET));
        storm
    }

    /// Runs until the quiet function was called often enough.
    fn run(mut self) -> Self {
        while self.calls.len() < CALLS {
            let (at, _, what) = self.agenda.pop_first().expect("somebody always has something to do");
            self.now = at;
            match what {
                What::Call(caller) => self.call(caller),
                What::Booted(instance) => self.tell(Event::Booted { instance }),
                What::Ready(instance) => self.tell(Event::Ready { instance }),
                What::Finished(instance) => self.finished(instance),
            }
        }
        self.scheduler.check();
        self
    }

    fn plan(&mut self, after: Duration, what: What) {
        self.next += 1;
        self.agenda.insert((self.now + after, self.next, what));
    }

    fn call(&mut self, caller: usize) {
        if caller == QUIET {
            if self.calls.len() % DEPLOY == DEPLOY - 1 {
                let fresh = parts::version("quiet", self.calls.len(), &self.account, &self.class, self.boot);
                let old = std::mem::replace(&mut self.versions[QUIET], fresh);
                self.cold = true;
                self.tell(Event::Retire { version: &old.id });
            }
            self.asked = (self.now, self.begun);
        }
        self.next += 1;
        let (ticket, version) = (Ticket(self.next), self.versions[caller.min(1)].clone());
        self.callers.insert(ticket, caller);
        self.tell(Event::Request { ticket, version: &version, home: Home::default() });
    }

    fn finished(&mut self, instance: InstanceKey) {
        let caller = self.busy.remove(&instance).expect("it served somebody");
        // Some of the storm's instances end, so that it boots others all the time.
        if caller != QUIET && self.random.below(20) == 0 {
            self.tell(Event::Exited { instance });
        } else {
            self.tell(Event::Finished { instance, home: Home::default() });
        }
        self.plan(if caller == QUIET { PAUSE } else { Duration::ZERO }, What::Call(caller));
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut actions = Vec::new();
        self.scheduler.step(self.now, event, &mut actions);
        for action in actions {
            self.execute(action);
        }
    }

    fn execute(&mut self, action: Action) {
        match action {
            Action::Boot { instance, .. } | Action::Spawn { instance, .. } => {
                self.begun += 1;
                self.boots.insert(instance, self.begun);
                self.plan(BOOT, What::Booted(instance));
                if self.boot == Boot::Spawn {
                    self.plan(BOOT + INIT, What::Ready(instance));
                }
            }
            Action::Assign { instance, .. } => self.plan(INIT, What::Ready(instance)),
            Action::Dispatch { ticket, instance, .. } => {
                let caller = self.callers.remove(&ticket).expect("it asked");
                self.busy.insert(instance, caller);
                if caller == QUIET {
                    let (asked, begun) = self.asked;
                    let boots_before = self.boots[&instance].saturating_sub(begun + 1);
                    let cold = std::mem::take(&mut self.cold);
                    self.calls.push(Call { cold, wait: self.now.since(asked), boots_before });
                    self.plan(SERVICE, What::Finished(instance));
                } else {
                    self.plan(Duration::from_millis(5 + self.random.below(45)), What::Finished(instance));
                }
            }
            Action::Throttle { ticket, .. } => {
                let caller = self.callers.remove(&ticket).expect("it asked");
                assert_ne!(caller, QUIET, "the quiet function was refused");
                self.refused += 1;
                self.plan(Duration::from_millis(1), What::Call(caller));
            }
            Action::Park { .. } | Action::End { .. } => {}
            Action::Retired { .. } | Action::Draining { .. } | Action::Fail { .. } => {
                panic!("nothing of this happens here: {action:?}")
            }
        }
    }

    /// The time of which one call in a hundred takes more.
    fn p99(&self) -> Duration {
        let mut took: Vec<_> = self.calls.iter().map(|call| call.wait + SERVICE).collect();
        took.sort();
        took[took.len() * 99 / 100]
    }
}

/// Settings in which a storm of 1,000 is possible.
fn roomy(account_concurrency: u32, stems: usize) -> Settings {
    let bounds = Settings { account_concurrency, max_instances: 2000, ..settings() };
    Settings { stems, max_stems: 8 * stems, ..bounds }
}

fn check(stems: usize, boot: Boot, account_concurrency: u32, reserved: Option<u32>, most: f64) {
    let alone = Storm::new(roomy(account_concurrency, stems), boot, 0, reserved).run();
    let beside = Storm::new(roomy(account_concurrency, stems), boot, 1000, reserved).run();
    assert!(beside.begun > 2000, "the storm boots all the time: {}", beside.begun);
    assert_eq!(beside.refused > 0, account_concurrency <= 1000);
    for call in &beside.calls {
        // A free instance serves at once, whatever others want; without one it is its turn after one boot of the
        // storm's.
        assert!(call.cold || call.wait == Duration::ZERO, "{call:?}");
        assert!(call.boots_before <= 1, "{call:?}");
    }
    let ratio = beside.p99().as_secs_f64() / alone.p99().as_secs_f64();
    println!("p99 alone {:?}, beside the storm {:?}: {ratio:.2}", alone.p99(), beside.p99());
    assert!(ratio <= most, "{ratio}");
}

#[test]
fn a_storm_moves_the_p99_of_another_by_at_most_two() {
    check(0, Boot::Spawn, 1001, None, 2.0);
    check(0, Boot::Stem, 1001, None, 2.0);
    // At the account's limit a reservation is what keeps others from being refused.
    check(0, Boot::Stem, 1000, Some(1), 2.0);
}

#[test]
fn stems_go_to_whoever_asks_first() {
    // Alone, a cold call takes a stem that is ready; beside the storm it boots like all others. That is all it costs.
    check(2, Boot::Stem, 1001, None, 3.0);
}
