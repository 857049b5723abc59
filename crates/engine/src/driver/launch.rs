//! From nothing to an instance that is ready.

use super::{Blamed, Driver, Free, Verdict, Waiter, initialise::Begun, invoke::unavailable};
use crate::{
    EndReason, InstanceEvent, InstanceId, InstanceInfo, InvokeError, Launch, Phase, RuntimeClass, StartKind,
    Version,
    machine::Machine,
    scheduler::{Event, InstanceKey},
};
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

    pub(super) async fn launch_booted(
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

    pub(super) async fn launch(
        self: &Arc<Self>,
        key: InstanceKey,
        launch: Launch,
    ) -> Result<Box<Machine>, Error> {
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
            let begun = driver.introduce(version, start);
            begun.tell(InstanceEvent::InitStart);
            let head = driver.settle_in(&mut machine, &begun);
            let loaded = machine.load(driver.around(), driver.init_timeout, &head).await;
            driver.conclude_or_repeat(making, machine, begun, loaded).await;
        });
    }

    /// Brings up an instance that is made for one version from the start.
    pub(super) fn spawn(self: &Arc<Self>, key: InstanceKey, version: Arc<Version>) {
        let making = Making::new(self, key);
        self.runtime.spawn(async move {
            let driver = making.driver.clone();
            let begun = driver.introduce(version, StartKind::Spawn);
            let mut machine = match driver.launch(key, begun.launch()).await {
                Ok(machine) => machine,
                Err(error) => return driver.not_launched(making, &begun, Phase::Init, error),
            };
            begun.tell(InstanceEvent::InitStart);
            let begin = driver.clock.monotonic();
            let head = driver.settle_in(&mut machine, &begun);
            let limit = driver.init_timeout;
            let booted = machine.boot(driver.around(), limit).await;
            driver.apply(Event::Booted { instance: key });
            let loaded = match booted {
                Ok(()) => {
                    let elapsed = driver.clock.monotonic().since(begin);
                    let left = limit.saturating_sub(elapsed);
                    let loaded = machine.load(driver.around(), left, &head).await;
                    loaded.map(|loaded| elapsed + loaded).map_err(|failure| failure.of(limit))
                }
                Err(failure) => Err(failure),
            };
            driver.conclude_or_repeat(making, machine, begun, loaded).await;
        });
    }

    fn introduce(&self, version: Arc<Version>, start: StartKind) -> Begun {
        let id = InstanceId::new(&*self.random);
        let info = Arc::new(InstanceInfo { id, start, started: self.clock.now() });
        let facts = version.observer.instance(&info);
        Begun { version, info, facts }
    }
}

pub(super) trait Refuse {
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
pub(super) struct Making {
    driver: Arc<Driver>,
    key: InstanceKey,
    over: bool,
}

impl Making {
    fn new(driver: &Arc<Driver>, key: InstanceKey) -> Self {
        Self { driver: driver.clone(), key, over: false }
    }

    pub(super) fn over(mut self) -> InstanceKey {
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
