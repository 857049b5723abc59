//! From nothing to an instance that is ready.

use super::{Blamed, Driver, Free, Verdict, Waiter, invoke::unavailable};
use crate::{
    EndReason, InstanceEvent, InstanceFacts, InstanceId, InstanceInfo, InvokeError, Launch, Outcome, Phase,
    Report, Response, RuntimeClass, StartKind, Version,
    machine::{InitFailure, Machine, Role},
    scheduler::{Event, InstanceKey},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tinderbox_base::{Error, ErrorKind};
use tokio::time::timeout;

/// How long the host may take to make a sandbox, or to boot a generic interpreter: neither is the
/// function's initialisation, whose limit is an option.
const MAKING: Duration = Duration::from_secs(30);

impl Driver {
    /// Brings up a generic instance.
    pub(super) fn boot(self: &Arc<Self>, key: InstanceKey, class: Arc<RuntimeClass>) {
        let making = Making::new(self, key);
        self.runtime.spawn(async move {
            let driver = making.driver.clone();
            let launch = Launch { class: class.clone(), env: class.env.clone(), version: None };
            match driver.launch_booted(key, launch).await {
                Ok(machine) => {
                    making.over();
                    driver.apply_with(Event::Booted { instance: key }, |core| {
                        core.free.insert(key, Free::Hot(machine));
                    });
                }
                Err(error) => {
                    // What an ending engine kills on its way up is no failure.
                    if !*driver.stop.borrow() {
                        tracing::warn!(
                            class = class.key,
                            error = error.message(),
                            causes = error.causes(),
                            "a generic instance could not be booted"
                        );
                    }
                    making.over();
                    driver.apply(Event::BootFailed { instance: key }).refuse(error);
                }
            }
        });
    }

    async fn launch_booted(
        self: &Arc<Self>,
        key: InstanceKey,
        launch: Launch,
    ) -> Result<Box<Machine>, Error> {
        let mut machine = self.launch(key, launch).await?;
        match machine.boot(self.around(), MAKING).await {
            Ok(()) => Ok(machine),
            Err(failure) => {
                let what = format!("{:?}; it said: {}", failure.outcome, machine.log.last_words());
                self.end(machine, EndReason::InitFailed);
                let error = Error::new(ErrorKind::Unavailable, "The runtime could not be started.");
                Err(error.because(std::io::Error::other(what)))
            }
        }
    }

    async fn launch(self: &Arc<Self>, key: InstanceKey, launch: Launch) -> Result<Box<Machine>, Error> {
        let alive = self.alive();
        let launched = timeout(MAKING, self.launcher.launch(launch))
            .await
            .map_err(|_| Error::new(ErrorKind::Unavailable, "The sandbox took too long to make."))??;
        let machine = Machine::new(key, launched, alive, &self.cores).map_err(Error::internal)?;
        Ok(Box::new(machine))
    }

    /// Gives a generic instance its version.
    pub(super) fn assign(
        self: &Arc<Self>,
        key: InstanceKey,
        instance: Free,
        version: Arc<Version>,
        start: StartKind,
    ) {
        let making = Making::new(self, key);
        self.runtime.spawn(async move {
            let driver = making.driver.clone();
            let mut machine = match driver.reach(instance).await {
                Ok((machine, _)) => machine,
                Err(dead) => {
                    making.over();
                    driver.apply(Event::StemLost { instance: key });
                    if let Some(machine) = dead {
                        driver.end(machine, EndReason::Failed);
                    }
                    return;
                }
            };
            if let Err(error) = machine.control.attach(&version).await {
                tracing::warn!(version = %version.id, error = error.message(), causes = error.causes(),
                    "an instance could not be given its version");
                making.over();
                driver.apply(Event::InitFailed { instance: key }).refuse(error);
                driver.end(machine, EndReason::InitFailed);
                return;
            }
            let (info, facts) = driver.introduce(&version, start);
            let head = driver.settle_in(&mut machine, &version, info, facts);
            let limit = driver.init_timeout;
            let loaded = machine.load(driver.around(), limit, &head).await;
            driver.conclude(making, machine, loaded);
        });
    }

    /// Brings up an instance that is made for one version from the start.
    pub(super) fn spawn(self: &Arc<Self>, key: InstanceKey, version: Arc<Version>) {
        let making = Making::new(self, key);
        self.runtime.spawn(async move {
            let driver = making.driver.clone();
            let (info, facts) = driver.introduce(&version, StartKind::Spawn);
            let class = version.class.clone();
            let mut env = class.env.clone();
            env.extend(version.env.iter().cloned());
            env.extend(facts.env.iter().cloned());
            let launch = Launch { class, env, version: Some(version.clone()) };
            let mut machine = match driver.launch(key, launch).await {
                Ok(machine) => machine,
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    version.observer.event(&info, InstanceEvent::InitStart);
                    let outcome = Outcome::StartFailed { reason: error.message().to_owned() };
                    let failure = InitFailure { outcome, duration: Duration::ZERO };
                    driver.init_failed(making, &version, info.clone(), failure, 0);
                    let ended = InstanceEvent::Ended { reason: EndReason::InitFailed };
                    return version.observer.event(&info, ended);
                }
                Err(error) => {
                    tracing::warn!(version = %version.id, error = error.message(), causes = error.causes(),
                        "an instance could not be launched");
                    making.over();
                    driver.apply(Event::BootFailed { instance: key }).refuse(error);
                    return;
                }
            };
            let begin = driver.clock.monotonic();
            let head = driver.settle_in(&mut machine, &version, info, facts);
            let booted = machine.boot(driver.around(), driver.init_timeout).await;
            driver.apply(Event::Booted { instance: key });
            let loaded = match booted {
                Ok(()) => {
                    let elapsed = driver.clock.monotonic().since(begin);
                    let limit = driver.init_timeout.saturating_sub(elapsed);
                    machine.load(driver.around(), limit, &head).await.map(|loaded| elapsed + loaded)
                }
                Err(failure) => Err(failure),
            };
            driver.conclude(making, machine, loaded);
        });
    }

    fn introduce(&self, version: &Arc<Version>, start: StartKind) -> (Arc<InstanceInfo>, InstanceFacts) {
        let id = InstanceId::new(&*self.random);
        let info = Arc::new(InstanceInfo { id, start, started: self.clock.now() });
        let facts = version.observer.instance(&info);
        (info, facts)
    }

    /// Makes the instance one of `version`; answers the head of its LOAD frame.
    fn settle_in(
        &self,
        machine: &mut Machine,
        version: &Arc<Version>,
        info: Arc<InstanceInfo>,
        facts: InstanceFacts,
    ) -> Value {
        version.observer.event(&info, InstanceEvent::InitStart);
        let listeners = machine.listeners.take().unwrap_or_default();
        let endpoint = Some(self.endpoint.serve(&info, version, listeners));
        machine.role = Some(Role { version: version.clone(), info, endpoint });
        let mut head = load_head(&version.load, facts);
        machine.control.localize(&mut head);
        head
    }

    /// Hands an initialised instance to the scheduler, or a failure to the request it belongs to.
    fn conclude(
        self: &Arc<Self>,
        making: Making,
        mut machine: Box<Machine>,
        loaded: Result<Duration, InitFailure>,
    ) {
        let Some(Role { version, info, .. }) = &machine.role else { return };
        let (version, info) = (version.clone(), info.clone());
        match loaded {
            Ok(duration) => {
                version.observer.event(&info, InstanceEvent::InitDone { duration });
                machine.init = Some(duration);
                making.over();
                let key = machine.key;
                self.apply_with(Event::Ready { instance: key }, |core| {
                    core.free.insert(key, Free::Hot(machine));
                });
            }
            Err(failure) => {
                let memory_peak = machine.control.memory_peak();
                self.init_failed(making, &version, info, failure, memory_peak);
                self.end(machine, EndReason::InitFailed);
            }
        }
    }

    /// Tells of a failed initialisation, and answers the request that it belongs to.
    fn init_failed(
        self: &Arc<Self>,
        making: Making,
        version: &Version,
        info: Arc<InstanceInfo>,
        InitFailure { outcome, duration }: InitFailure,
        memory_peak: u64,
    ) {
        version.observer.event(&info, InstanceEvent::InitFailed { outcome: &outcome, duration });
        let key = making.over();
        let Some(Blamed(waiter)) = self.apply(Event::InitFailed { instance: key }) else { return };
        let request = waiter.request;
        let billed = self.billed(duration);
        let init = Some(duration);
        let report = Report { duration, billed, init, memory_peak, thaw: None, phase: Phase::Init };
        version.observer.event(&info, InstanceEvent::Start { request });
        version.observer.event(&info, InstanceEvent::End { request, report: &report, outcome: &outcome });
        let start = info.start;
        waiter.tell(Verdict::Failed(Response { outcome, start, report, instance: info }));
    }
}

/// The head of a LOAD frame: the version's, with what is particular to the instance.
fn load_head(version: &Value, facts: InstanceFacts) -> Value {
    let mut head = version.clone();
    if let Some(members) = head.as_object_mut() {
        members.extend(facts.load);
        if !facts.env.is_empty() {
            let env = members.entry("env").or_insert_with(|| Value::Object(Default::default()));
            if let Some(env) = env.as_object_mut() {
                env.extend(facts.env.into_iter().map(|(name, value)| (name, Value::String(value))));
            }
        }
    }
    head
}

trait Refuse {
    fn refuse(self, error: Error);
}

impl Refuse for Option<Blamed> {
    fn refuse(self, error: Error) {
        if let Some(Blamed(waiter)) = self {
            waiter.tell(Verdict::Refused(InvokeError::Unavailable(error)));
        }
    }
}

/// Tells the scheduler that an instance will not come if its task did not come to its end.
struct Making {
    driver: Arc<Driver>,
    key: InstanceKey,
    over: bool,
}

impl Making {
    fn new(driver: &Arc<Driver>, key: InstanceKey) -> Self {
        Self { driver: driver.clone(), key, over: false }
    }

    fn over(mut self) -> InstanceKey {
        self.over = true;
        self.key
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.over
            && let Some(Blamed(Waiter { verdict, .. })) =
                self.driver.apply(Event::InitFailed { instance: self.key })
        {
            drop(verdict.send(Verdict::Refused(unavailable("The instance was given up."))));
        }
    }
}
