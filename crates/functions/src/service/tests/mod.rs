//! The service over a store in memory and fake instances: everything between is real.

mod aliases;
mod asynchronous;
mod event_config;
mod generations;
mod invocations;
mod lifecycle;
mod limits;
mod permissions;
mod restarts;
mod retries;
mod streams;
mod versions;

use super::*;
use crate::model::{Function, Settings};
use crate::runtimes::interpreters::Places;
use crate::testing::zip_of;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tinderbox_base::{
    AccountId, LogLine, LogOrigin, LogSink, ManualClock, OsRandom, Region, RequestId, SystemClock, Timestamp,
};
use tinderbox_blobs::Blobs;
use tinderbox_engine::testing::{FakeCall, FakeLauncher, FakeReply};
use tinderbox_engine::{Endpoint, EngineDeps, NoEndpoint};
use tinderbox_store::MemoryStore;

/// Keeps log lines, each as `group stream: message`.
#[derive(Default)]
pub(super) struct Lines(Mutex<Vec<(String, String, String)>>);

impl LogSink for Lines {
    fn append(
        &self,
        _: &AccountId,
        _: &Region,
        group: &str,
        stream: &str,
        _: LogOrigin,
        lines: Vec<LogLine>,
    ) {
        let mut kept = self.0.lock().unwrap();
        kept.extend(lines.into_iter().map(|line| (group.to_owned(), stream.to_owned(), line.message)));
    }
}

impl Lines {
    pub(super) fn messages(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(_, _, message)| message.clone()).collect()
    }
}

/// What survives a server: its store, its blobs, its directory.
pub(super) struct Machine {
    root: tempfile::TempDir,
    store: Arc<MemoryStore>,
    blobs: Blobs,
    clock: Arc<ManualClock>,
    /// Whether a server that starts leaves the reading of its functions to the test.
    unread: bool,
}

/// A server.
pub(super) struct Bed {
    machine: Machine,
    functions: Arc<Functions>,
    lines: Arc<Lines>,
    launcher: FakeLauncher,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for program in ["3.12.1/bin/python3.12", "v20.11.0/bin/node"] {
            let path = root.path().join("prefixes").join(program);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"\x7fELF").unwrap();
        }
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_769_903_999_007)));
        let store = Arc::new(MemoryStore::new(clock.clone()).unwrap());
        let blobs = Blobs::open(root.path().join("blobs"), clock.clone()).unwrap();
        Self { root, store, blobs, clock, unread: false }
    }

    async fn start(self, launcher: FakeLauncher) -> Bed {
        self.start_with(launcher, |_| {}).await
    }

    async fn start_with(self, launcher: FakeLauncher, configure: impl FnOnce(&mut Deps)) -> Bed {
        self.start_at(Arc::new(NoEndpoint), launcher, configure).await
    }

    async fn start_at(
        self,
        endpoint: Arc<dyn Endpoint>,
        launcher: FakeLauncher,
        configure: impl FnOnce(&mut Deps),
    ) -> Bed {
        let engine = Engine::start(EngineDeps {
            config: config::Engine::default(),
            clock: Arc::new(SystemClock::default()),
            random: Arc::new(OsRandom),
            launcher: Arc::new(launcher.clone()),
            endpoint,
        })
        .await;
        let lines = Arc::new(Lines::default());
        let places = Places { prefixes: vec![self.root.path().join("prefixes")], path: vec![] };
        let mut deps = Deps {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            engine,
            clock: self.clock.clone(),
            random: Arc::new(OsRandom),
            log_sink: lines.clone(),
            roles: Arc::new(AnyRole),
            targets: Arc::default(),
            config: config::Config::default(),
            data_dir: self.root.path().to_owned(),
            places,
            ca_bundle: Default::default(),
        };
        configure(&mut deps);
        let targets = deps.targets.clone();
        let functions = Functions::begin(deps).unwrap();
        if !self.unread {
            functions.load().await.unwrap();
        }
        targets.connect([("lambda", functions.clone() as Arc<dyn tinderbox_base::Target>)]);
        functions.start_queues();
        Bed { machine: self, functions, lines, launcher }
    }
}

/// Answers with the event.
pub(super) fn echo() -> FakeLauncher {
    FakeLauncher::new(|call| FakeReply::Success(call.event))
}

/// Answers with a member of the function's environment.
pub(super) fn variable(call: &FakeCall, name: &str) -> String {
    call.load["env"][name].as_str().unwrap_or_default().to_owned()
}

/// The code of the hello function, in the edition `text`.
pub(super) fn code(text: &str) -> CodeSource {
    CodeSource::Zip(zip_of(&[("app.py", text)]))
}

/// The hello function.
pub(super) fn hello() -> NewFunction {
    NewFunction {
        name: "hello".into(),
        settings: Settings {
            runtime: Some("python3.12".into()),
            handler: Some("app.handler".into()),
            role: Some("arn:aws:iam::123456789012:role/r".into()),
            ..Settings::default()
        },
        code: code("1"),
        ..NewFunction::default()
    }
}

/// A caller with a request id of its own.
pub(super) fn caller() -> Caller {
    Caller::root(AccountId::default(), Region::default(), RequestId::new(&OsRandom))
}

pub(super) fn event(payload: &str) -> Invocation {
    let payload = Bytes::from(payload.to_owned());
    Invocation { name: "hello".into(), payload, ..Invocation::default() }
}

/// What an invocation was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) payload: String,
    pub(super) failed: bool,
}

impl Bed {
    pub(super) async fn new(launcher: FakeLauncher) -> Self {
        Machine::new().start(launcher).await
    }

    /// A server that has the hello function.
    pub(super) async fn with_hello(launcher: FakeLauncher) -> Self {
        let bed = Self::new(launcher).await;
        bed.functions.create(&caller(), hello()).await.unwrap();
        bed
    }

    /// Ends the server without a warning. Its engine's tasks go on, as long as the runtime does, but
    /// nothing of it is left that knows of functions or events.
    pub(super) fn kill(self) -> Machine {
        self.functions.stop_queues();
        self.machine
    }

    pub(super) async fn invoke(&self, invocation: Invocation) -> Result<Answered, InvokeFault> {
        match self.functions.invoke(&caller(), invocation).await? {
            Invoked::Answered { payload, failed, .. } => {
                Ok(Answered { payload: String::from_utf8(payload.to_vec()).unwrap(), failed })
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<Arc<Function>> {
        self.functions.get(&caller(), name, None, "GetFunction").map(|found| found.function)
    }

    pub(super) async fn set(&self, settings: Settings) -> Result<Arc<Function>> {
        let update = ConfigurationUpdate { name: "hello".into(), settings, revision_id: None };
        self.functions.update_configuration(&caller(), update).await
    }

    pub(super) fn data(&self) -> &Path {
        self.machine.root.path()
    }
}

/// Settings that set the variable `name`.
pub(super) fn setting(name: &str, value: &str) -> Settings {
    let environment = Some(BTreeMap::from([(name.to_owned(), value.to_owned())]));
    Settings { environment, ..Settings::default() }
}

impl Bed {
    /// Publishes what is being edited; its number.
    pub(super) async fn publish(&self) -> String {
        let publishing = Publishing { name: "hello".into(), ..Publishing::default() };
        self.functions.publish(&caller(), publishing).await.unwrap().version().to_string()
    }

    /// Publishes another edition, in which the variable `EDITION` has this value; its number.
    pub(super) async fn publish_edition(&self, edition: &str) -> String {
        self.set(setting("EDITION", edition)).await.unwrap();
        self.publish().await
    }

    /// The answer of a version or alias, and which version it was.
    pub(super) async fn ask(&self, qualifier: &str) -> (String, String) {
        let invocation = Invocation { qualifier: Some(qualifier.into()), ..event("1") };
        match self.functions.invoke(&caller(), invocation).await.unwrap() {
            Invoked::Answered { payload, version, .. } => {
                (String::from_utf8(payload.to_vec()).unwrap(), version.to_string())
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Answers with the edition that it is.
pub(super) fn editions() -> FakeLauncher {
    FakeLauncher::new(|call| FakeReply::Success(variable(&call, "EDITION").into()))
}

/// Waits until `done`, as long as a test may take.
pub(super) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{what} never came");
}

/// The message and code of an error.
pub(super) fn shown<T: std::fmt::Debug>(result: Result<T>) -> (String, String) {
    let error = result.expect_err("an error");
    (error.code().unwrap_or_default().to_owned(), error.message().to_owned())
}
