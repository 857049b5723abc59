//! An instance's initialisation: how it ends, and the second chance of one that took too long.

use super::{
    Blamed, Driver, Free, Verdict,
    launch::{Making, Refuse},
};
use crate::{
    Boot, EndReason, InstanceEvent, InstanceFacts, InstanceInfo, Launch, Outcome, Phase, Report, Response,
    Version,
    machine::{InitFailure, Machine, Role},
    scheduler::{Event, InstanceKey},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tinderbox_base::{Error, ErrorKind};

/// An instance that is to be, whichever process carries it.
pub(super) struct Begun {
    pub(super) version: Arc<Version>,
    pub(super) info: Arc<InstanceInfo>,
    pub(super) facts: InstanceFacts,
}

impl Begun {
    pub(super) fn tell(&self, event: InstanceEvent<'_>) {
        self.version.observer.event(&self.info, event);
    }

    /// How a process is made for it from the start.
    pub(super) fn launch(&self) -> Launch {
        let class = self.version.class.clone();
        let mut env = class.env.clone();
        env.extend(self.version.env.iter().cloned());
        env.extend(self.facts.env.iter().cloned());
        Launch { class, env, version: Some(self.version.clone()) }
    }
}

impl Driver {
    /// Makes the machine that of the instance; answers the head of its LOAD frame.
    pub(super) fn settle_in(&self, machine: &mut Machine, begun: &Begun) -> Value {
        let Begun { version, info, facts } = begun;
        let listeners = machine.listeners.take().unwrap_or_default();
        let endpoint = Some(self.endpoint.serve(info, version, listeners));
        machine.role = Some(Role { version: version.clone(), info: info.clone(), endpoint });
        let mut head = load_head(&version.load, facts);
        machine.control.localize(&mut head);
        head
    }

    /// Ends a first initialisation. One that took too long is tried once more by a new process, as part of the invocation
    /// that waits for it: it may take as long as that may, and its time is that invocation's.
    pub(super) async fn conclude_or_repeat(
        self: &Arc<Self>,
        making: Making,
        mut machine: Box<Machine>,
        begun: Begun,
        loaded: Result<Duration, InitFailure>,
    ) {
        let key = machine.key;
        match loaded {
            Ok(duration) => {
                begun.tell(InstanceEvent::InitDone { phase: Phase::Init, duration });
                machine.init = Some(duration);
                self.ready(making, machine);
            }
            Err(InitFailure { outcome: outcome @ Outcome::InitTimedOut { .. }, duration }) => {
                let (phase, outcome) = (Phase::Init, &outcome);
                begun.tell(InstanceEvent::InitFailed { phase, outcome, duration });
                // What ends is the process, not the instance.
                machine.role = None;
                self.end(machine, EndReason::InitFailed);
                self.repeat(making, key, begun).await;
            }
            Err(failure) => self.init_failed(making, Some(machine), &begun, Phase::Init, failure),
        }
    }

    async fn repeat(self: &Arc<Self>, making: Making, key: InstanceKey, begun: Begun) {
        let mut machine = match self.launch_again(key, &begun).await {
            Ok(machine) => machine,
            Err(error) => return self.not_launched(making, &begun, Phase::Invoke, error),
        };
        let begin = self.clock.monotonic();
        let head = self.settle_in(&mut machine, &begun);
        let limit = begun.version.timeout;
        let booted = match begun.version.boot {
            // It has booted already.
            Boot::Stem => Ok(()),
            Boot::Spawn => machine.boot(self.around(), limit).await,
        };
        let loaded = match booted {
            Ok(()) => {
                let left = limit.saturating_sub(self.clock.monotonic().since(begin));
                machine.load(self.around(), left, &head).await
            }
            Err(failure) => Err(failure),
        };
        match loaded {
            Ok(_) => {
                machine.spent = self.clock.monotonic().since(begin);
                begun.tell(InstanceEvent::InitDone { phase: Phase::Invoke, duration: machine.spent });
                self.ready(making, machine);
            }
            Err(failure) => self.init_failed(making, Some(machine), &begun, Phase::Invoke, failure.of(limit)),
        }
    }

    /// Makes an instance's second process.
    async fn launch_again(self: &Arc<Self>, key: InstanceKey, begun: &Begun) -> Result<Box<Machine>, Error> {
        let version = &begun.version;
        match version.boot {
            Boot::Spawn => self.launch(key, begun.launch()).await,
            Boot::Stem => {
                let class = version.class.clone();
                let launch = Launch { env: class.env.clone(), class, version: None };
                let mut machine = self.launch_booted(key, launch).await?;
                machine.control.attach(version).await?;
                Ok(machine)
            }
        }
    }

    /// There is no process, by the version's own fault or by the host's.
    pub(super) fn not_launched(self: &Arc<Self>, making: Making, begun: &Begun, phase: Phase, error: Error) {
        if error.kind() == ErrorKind::Invalid {
            if phase == Phase::Init {
                begun.tell(InstanceEvent::InitStart);
            }
            let outcome = Outcome::StartFailed { reason: error.message().to_owned() };
            let failure = InitFailure { outcome, duration: Duration::ZERO };
            self.init_failed(making, None, begun, phase, failure);
            return begun.tell(InstanceEvent::Ended { reason: EndReason::InitFailed });
        }
        tracing::warn!(version = %begun.version.id, error = error.message(), causes = error.causes(),
            "an instance could not be launched");
        let instance = making.over();
        match phase {
            Phase::Init => self.apply(Event::BootFailed { instance }).refuse(error),
            Phase::Invoke => {
                self.apply(Event::InitFailed { instance }).refuse(error);
                begun.tell(InstanceEvent::Ended { reason: EndReason::InitFailed });
            }
        }
    }

    /// Hands an initialised instance to the scheduler.
    fn ready(self: &Arc<Self>, making: Making, machine: Box<Machine>) {
        let key = making.over();
        self.apply_with(Event::Ready { instance: key }, |core| {
            core.free.insert(key, Free::Hot(machine));
        });
    }

    /// Tells of a failed initialisation, and answers the request that it belongs to.
    fn init_failed(
        self: &Arc<Self>,
        making: Making,
        machine: Option<Box<Machine>>,
        begun: &Begun,
        phase: Phase,
        InitFailure { outcome, duration }: InitFailure,
    ) {
        let memory_peak = machine.as_ref().map_or(0, |machine| machine.control.memory_peak());
        begun.tell(InstanceEvent::InitFailed { phase, outcome: &outcome, duration });
        let key = making.over();
        if let Some(Blamed(waiter)) = self.apply(Event::InitFailed { instance: key }) {
            // Of an invocation that initialises anew that is a part like any other.
            let (outcome, init) = match (phase, outcome) {
                (Phase::Invoke, Outcome::InitTimedOut { .. }) => (Outcome::TimedOut, None),
                (Phase::Invoke, outcome) => (outcome, None),
                (Phase::Init, outcome) => (outcome, Some(duration)),
            };
            let (request, billed, info) = (waiter.request, self.billed(duration), begun.info.clone());
            let report = Report { duration, billed, init, memory_peak, thaw: None, phase };
            begun.tell(InstanceEvent::Start { request, trace: None });
            let (trace, report_ref, outcome_ref) = (None, &report, &outcome);
            begun.tell(InstanceEvent::End { request, trace, report: report_ref, outcome: outcome_ref });
            waiter.tell(Verdict::Failed(Response { outcome, start: info.start, report, instance: info }));
        }
        if let Some(machine) = machine {
            self.end(machine, EndReason::InitFailed);
        }
    }
}

/// The head of a LOAD frame: the version's, with what is particular to the instance.
fn load_head(version: &Value, facts: &InstanceFacts) -> Value {
    let mut head = version.clone();
    if let Some(members) = head.as_object_mut() {
        members.extend(facts.load.clone());
        if !facts.env.is_empty() {
            let env = members.entry("env").or_insert_with(|| Value::Object(Default::default()));
            if let Some(env) = env.as_object_mut() {
                env.extend(
                    facts.env.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))),
                );
            }
        }
    }
    head
}
