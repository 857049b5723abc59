//! Executes what the scheduler decides.
//!
//! One lock guards the scheduler and the instances that nobody uses at the moment; it is held for a
//! step and never across a wait. An instance in use is owned by the future that uses it.

mod end;
mod initialise;
mod invoke;
mod launch;
mod memory;
mod park;
#[cfg(test)]
mod tests;
mod timer;

pub(crate) use end::Alive;

use crate::{
    EndReason, Endpoint, InvokeError, Launcher, Response, RuntimeClass, StartKind, Stats, Version, VersionId,
    company::Company,
    cores::Cores,
    machine::{Machine, Surroundings},
    scheduler::{Action, Event, InstanceKey, Scheduler, Settings, Ticket},
};
use end::Living;
use park::Parked;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
    time::Duration,
};
use tinderbox_base::{Clock, Error, ErrorKind, Random, RequestId, config};
use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot, watch},
};

/// What everything here shares.
pub(crate) struct Driver {
    core: Mutex<Core>,
    next_ticket: AtomicU64,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    launcher: Arc<dyn Launcher>,
    endpoint: Arc<dyn Endpoint>,
    /// Where tasks run, whichever thread drops what makes one necessary.
    pub(crate) runtime: Handle,
    billing_increment: Duration,
    init_timeout: Duration,
    /// Bytes of the host's memory to leave; 0: what [`memory`] finds right.
    memory_reserve: u64,
    pub(crate) cores: Arc<Cores>,
    company: Arc<Company>,
    living: Arc<Living>,
    /// Set when even what is in use must end.
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
    /// The timer looks again at its deadline.
    rearm: Arc<Notify>,
    /// The last request in flight was answered.
    quiet: Notify,
}

struct Core {
    scheduler: Scheduler,
    /// Instances that nobody uses.
    free: HashMap<InstanceKey, Free>,
    /// Requests whose future waits for a verdict.
    waiters: HashMap<Ticket, Waiter>,
    actions: Vec<Action>,
    /// When the timer will look next; it needs no call for anything later.
    armed: Option<tinderbox_base::Monotonic>,
}

/// An instance that nobody uses.
enum Free {
    /// As its last user left it.
    Hot(Box<Machine>),
    /// In the care of a task that watches it.
    Parked(Parked),
}

/// A future that waits for its instance.
struct Waiter {
    request: RequestId,
    verdict: oneshot::Sender<Verdict>,
}

/// What becomes of a waiting request.
enum Verdict {
    Granted(Grant),
    /// Its instance failed to initialise; all is logged and billed.
    Failed(Response),
    Refused(InvokeError),
}

/// An instance for a request.
struct Grant {
    key: InstanceKey,
    instance: Free,
    start: StartKind,
}

/// What is to be done once the lock is released.
enum Effect {
    Verdict(Waiter, Verdict),
    Boot(InstanceKey, Arc<RuntimeClass>),
    Spawn(InstanceKey, Arc<Version>),
    Assign(InstanceKey, Free, Arc<Version>, StartKind),
    End(Free, EndReason),
}

impl Driver {
    pub(crate) fn new(
        config: &config::Engine,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        launcher: Arc<dyn Launcher>,
        endpoint: Arc<dyn Endpoint>,
    ) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let settings = Settings {
            account_concurrency: config.account_concurrency,
            idle_timeout: Duration::from_secs(config.idle_timeout_s),
            max_age: Duration::from_secs(config.max_instance_age_s),
            park_after: Duration::from_millis(config.freeze_after_ms),
            stems: config.stems,
            max_stems: if config.stems == 0 { 0 } else { config.max_stems.max(config.stems) },
            max_instances: config.max_instances,
            parallel_boots: 2 * cores,
            refill_below: (cores / 2).max(1),
        };
        let core = Core {
            scheduler: Scheduler::new(settings),
            free: HashMap::new(),
            waiters: HashMap::new(),
            actions: Vec::new(),
            armed: None,
        };
        let (stop, stopped) = watch::channel(false);
        Arc::new(Self {
            core: Mutex::new(core),
            cores: Cores::new(Arc::clone(&clock)),
            company: Arc::new(Company::new()),
            clock,
            random,
            launcher,
            endpoint,
            runtime: Handle::current(),
            billing_increment: Duration::from_millis(config.billing_increment_ms.max(1)),
            init_timeout: Duration::from_secs(config.init_timeout_s),
            memory_reserve: config.memory_reserve_mib << 20,
            living: Arc::new(Living::default()),
            stop,
            stopped,
            rearm: Arc::new(Notify::new()),
            next_ticket: AtomicU64::new(0),
            quiet: Notify::new(),
        })
    }

    pub(crate) fn prepare(self: &Arc<Self>, class: &Arc<RuntimeClass>) {
        self.apply(Event::Prepare { class });
    }

    pub(crate) fn retire(self: &Arc<Self>, version: &VersionId) {
        self.apply(Event::Retire { version });
    }

    pub(crate) fn stats(&self) -> Stats {
        self.lock().scheduler.stats()
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings { clock: &*self.clock, stop: &self.stopped }
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the scheduler what happened and does what it says. Answers the request, if there is one,
    /// to which a failure belongs.
    pub(crate) fn apply(self: &Arc<Self>, event: Event<'_>) -> Option<Blamed> {
        self.apply_with(event, |_| {})
    }

    /// The same, with a change to the core under the same lock, before the event.
    fn apply_with(self: &Arc<Self>, event: Event<'_>, change: impl FnOnce(&mut Core)) -> Option<Blamed> {
        let mut blamed = None;
        let mut effects = Vec::new();
        {
            let mut core = self.lock();
            change(&mut core);
            self.step(&mut core, event, &mut effects, &mut blamed);
        }
        self.perform(effects);
        blamed
    }

    fn step(
        self: &Arc<Self>,
        core: &mut Core,
        event: Event<'_>,
        effects: &mut Vec<Effect>,
        blamed: &mut Option<Blamed>,
    ) {
        let now = self.clock.monotonic();
        let mut actions = std::mem::take(&mut core.actions);
        core.scheduler.step(now, event, &mut actions);
        for action in actions.drain(..) {
            self.translate(core, action, effects, blamed);
        }
        core.actions = actions;
        if core.scheduler.is_quiet() {
            self.quiet.notify_waiters();
        }
        if let Some(deadline) = core.scheduler.deadline(now)
            && core.armed.is_none_or(|armed| deadline < armed)
        {
            core.armed = Some(deadline);
            self.rearm.notify_one();
        }
    }

    /// Does of an action what needs the lock, and notes the rest.
    fn translate(
        self: &Arc<Self>,
        core: &mut Core,
        action: Action,
        effects: &mut Vec<Effect>,
        blamed: &mut Option<Blamed>,
    ) {
        let refuse = |core: &mut Core, ticket, error| {
            core.waiters.remove(&ticket).map(|waiter| Effect::Verdict(waiter, Verdict::Refused(error)))
        };
        let effect = match action {
            Action::Dispatch { ticket, instance: key, start } => {
                let verdict = match core.free.remove(&key) {
                    Some(instance) => Verdict::Granted(Grant { key, instance, start }),
                    None => Verdict::Refused(invoke::unavailable("The instance is in use.")),
                };
                core.waiters.remove(&ticket).map(|waiter| Effect::Verdict(waiter, verdict))
            }
            Action::Throttle { ticket, reason } => refuse(core, ticket, InvokeError::Throttled { reason }),
            Action::Retired { ticket } => refuse(core, ticket, InvokeError::Retired),
            Action::Draining { ticket } => {
                let error = Error::new(ErrorKind::Unavailable, "The server is shutting down.");
                refuse(core, ticket, InvokeError::Unavailable(error))
            }
            Action::Fail { ticket } => {
                *blamed = core.waiters.remove(&ticket).map(Blamed);
                None
            }
            Action::Boot { instance, class } => Some(Effect::Boot(instance, class)),
            Action::Spawn { instance, version } => Some(Effect::Spawn(instance, version)),
            Action::Assign { instance: key, version, start } => {
                core.free.remove(&key).map(|instance| Effect::Assign(key, instance, version, start))
            }
            Action::Park { instance: key } => {
                if let Some(Free::Hot(machine)) = core.free.remove(&key) {
                    core.free.insert(key, Free::Parked(self.park(machine)));
                }
                None
            }
            Action::End { instance, reason } => {
                core.free.remove(&instance).map(|instance| Effect::End(instance, reason))
            }
        };
        effects.extend(effect);
    }

    fn perform(self: &Arc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Verdict(waiter, verdict) => waiter.tell(verdict),
                Effect::Boot(key, class) => self.boot(key, class),
                Effect::Spawn(key, version) => self.spawn(key, version),
                Effect::Assign(key, instance, version, start) => self.assign(key, instance, version, start),
                Effect::End(instance, reason) => self.end_free(instance, reason),
            }
        }
    }
}

/// The waiting request to which an instance's failure belongs.
pub(crate) struct Blamed(Waiter);

impl Waiter {
    /// The future on the other side lives until it has heard: it is carried on when its caller goes.
    fn tell(self, verdict: Verdict) {
        drop(self.verdict.send(verdict));
    }
}
