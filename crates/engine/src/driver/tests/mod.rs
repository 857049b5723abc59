//! The engine over a fake launcher: everything but the sandbox is real.

mod failures;
mod lifecycle;
mod logs;
mod streams;

use crate::{
    Boot, Engine, EngineDeps, GroupId, InstanceEvent, InstanceFacts, InstanceInfo, Invocation, InvokeError,
    NoEndpoint, Observer, Outcome, Phase, Protocol, Response, RuntimeClass, StartKind, Stats, Version,
    VersionId,
    testing::{FakeLauncher, FakeReply},
};
use bytes::Bytes;
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tinderbox_base::{
    AccountId, Caller, Clock, Memory, OsRandom, Random, Region, RequestId, SystemClock, config,
};

/// Writes down what it hears, one line an event.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Recorder {
    fn instance(&self, _: &InstanceInfo) -> InstanceFacts {
        let load = json!({ "log_stream": "stream" }).as_object().cloned().unwrap();
        InstanceFacts { load, env: vec![("STREAM".into(), "stream".into())] }
    }

    fn event(&self, _: &InstanceInfo, event: InstanceEvent<'_>) {
        let line = match event {
            InstanceEvent::InitStart => "init start".into(),
            InstanceEvent::InitDone { .. } => "init done".into(),
            InstanceEvent::InitFailed { phase, outcome, .. } => {
                let again = if phase == Phase::Invoke { " again" } else { "" };
                format!("init failed{again} {}", name(outcome))
            }
            InstanceEvent::Line { text, request, .. } => {
                format!("line {} {}", text.trim_end_matches('\n'), request.is_some())
            }
            InstanceEvent::Start { .. } => "start".into(),
            InstanceEvent::End { outcome, report, .. } => {
                format!("end {} {}", name(outcome), report.billed.as_millis())
            }
            InstanceEvent::Ended { reason } => format!("ended {reason:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

fn name(outcome: &Outcome) -> String {
    let debug = format!("{outcome:?}");
    debug.split([' ', '(']).next().unwrap_or_default().to_owned()
}

/// An engine over a fake launcher, and one version.
struct Bed {
    engine: Engine,
    version: Arc<Version>,
    recorder: Arc<Recorder>,
    launcher: FakeLauncher,
}

impl Bed {
    async fn new(launcher: FakeLauncher) -> Self {
        Self::with(launcher, |_| {}).await
    }

    async fn with(launcher: FakeLauncher, configure: impl FnOnce(&mut config::Engine)) -> Self {
        let mut config = config::Engine::default();
        configure(&mut config);
        let engine = Engine::start(EngineDeps {
            config,
            clock: Arc::new(SystemClock::default()) as Arc<dyn Clock>,
            random: Arc::new(OsRandom) as Arc<dyn Random>,
            launcher: Arc::new(launcher.clone()),
            endpoint: Arc::new(NoEndpoint),
        })
        .await;
        let recorder = Arc::new(Recorder::default());
        let version = version("v1", Boot::Stem, Duration::from_secs(3), recorder.clone());
        Self { engine, version, recorder, launcher }
    }

    fn timeout(mut self, timeout: Duration) -> Self {
        self.version = version("v1", Boot::Stem, timeout, self.recorder.clone());
        self
    }

    async fn invoke(&self, payload: &str) -> Result<Response, InvokeError> {
        self.engine.invoke(invocation(&self.version, payload)).await
    }

    async fn outcome(&self, payload: &str) -> (Outcome, StartKind) {
        let response = self.invoke(payload).await.expect("it runs");
        (response.outcome, response.start)
    }

    /// Waits until the engine's numbers are as wanted.
    async fn until(&self, wanted: impl Fn(Stats) -> bool) {
        while !wanted(self.engine.stats()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn heard(&self, line: &str) {
        while !self.recorder.heard().iter().any(|heard| heard == line) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn drain(self) {
        self.engine.drain(Duration::from_secs(5)).await;
        assert_eq!(self.launcher.counts().living(), 0, "an instance is left");
        assert_eq!(self.engine.stats(), Stats::default());
    }
}

fn version(id: &str, boot: Boot, timeout: Duration, observer: Arc<dyn Observer>) -> Arc<Version> {
    let class = RuntimeClass {
        key: "fake".into(),
        argv: vec!["/fake".into()],
        env: Vec::new(),
        mounts: Vec::new(),
        protocol: Protocol::Frames,
        zygote: None,
    };
    Arc::new(Version {
        id: VersionId::new(id),
        group: GroupId::new("function"),
        account: AccountId::default(),
        class: Arc::new(class),
        boot,
        mounts: Vec::new(),
        load: json!({ "handler": "index.handler", "env": { "A": "1" } }),
        env: Vec::new(),
        memory: Memory::default(),
        timeout,
        observer,
    })
}

fn invocation(version: &Arc<Version>, payload: &str) -> Invocation {
    let request_id = RequestId::new(&OsRandom);
    Invocation {
        version: version.clone(),
        request_id,
        payload: Bytes::from(payload.to_owned()),
        caller: Caller::root(AccountId::default(), Region::default(), request_id),
        deadline: None,
        arn: "arn:x".into(),
        client_context: None,
        trace: None,
        stream: None,
    }
}

fn success(body: &'static str) -> FakeReply {
    FakeReply::Success(Bytes::from_static(body.as_bytes()))
}

fn echo() -> FakeLauncher {
    FakeLauncher::new(|call| FakeReply::Success(call.event))
}
