//! A launcher whose instances are tasks of the same process, for tests.
//!
//! They speak real frames over real sockets and write to real pipes, so that everything but the
//! sandbox is what production runs.

mod bootstrap;

use crate::{Control, Exit, HostMemory, Launch, Launched, Launcher, LinkEnd, Listeners, Processors, Version};
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tinderbox_base::Error;
use tokio::{sync::watch, task::AbortHandle};

/// What a fake instance does when it is told to load a version.
#[derive(Clone, Debug)]
pub enum FakeLoad {
    /// It loads.
    Loaded,
    /// It fails with this type and body.
    Error(String, String),
    /// Its process ends.
    Exit(Exit),
    /// It does nothing, for ever.
    Hang,
}

/// What a fake handler does.
#[derive(Clone, Debug)]
pub enum FakeReply {
    /// Answers with this.
    Success(Bytes),
    /// Fails with this type and body.
    Error(String, String),
    /// Fails so, says that it will end, and lives on for as long as it is let.
    LastError(String, String),
    /// Begins to answer in parts of this content type with these, then goes on.
    Stream(&'static str, Vec<Bytes>, Box<FakeReply>),
    /// Ends the parts, then goes on; an empty success ends the invocation.
    StreamEnd(Box<FakeReply>),
    /// Writes this to its log, then goes on.
    Log(Vec<u8>, Box<FakeReply>),
    /// Waits, then goes on.
    After(Duration, Box<FakeReply>),
    /// Answers, then does this as well, without being asked.
    Then(Box<FakeReply>, Box<FakeReply>),
    /// Sends these bytes on the socket.
    Raw(Vec<u8>),
    /// Its process ends.
    Exit(Exit),
    /// Goes on with the next call.
    Nothing,
    /// It does nothing, for ever.
    Hang,
}

/// A call of a fake handler.
#[derive(Clone, Debug)]
pub struct FakeCall {
    /// Which instance of this launcher serves it, counted from zero.
    pub instance: usize,
    /// Head of the LOAD frame.
    pub load: Value,
    /// Head of the INVOKE frame.
    pub head: Value,
    /// The event.
    pub event: Bytes,
}

type OnLaunch = dyn Fn(&Launch) -> Result<(), Error> + Send + Sync;
type OnLoad = dyn Fn(&Value) -> FakeLoad + Send + Sync;
type OnInvoke = dyn Fn(FakeCall) -> FakeReply + Send + Sync;

/// What the fake instances do, by the test's closures.
#[derive(Clone)]
struct Script {
    launch: Arc<OnLaunch>,
    load: Arc<OnLoad>,
    invoke: Arc<OnInvoke>,
}

/// Launches fake instances.
#[derive(Clone)]
pub struct FakeLauncher {
    script: Script,
    counts: Arc<Counts>,
    memory: Arc<Mutex<HostMemory>>,
}

/// How many instances were launched, live, and are frozen.
#[derive(Debug, Default)]
pub struct Counts {
    launched: AtomicUsize,
    living: AtomicUsize,
    frozen: AtomicUsize,
}

impl Counts {
    /// Instances launched so far.
    pub fn launched(&self) -> usize {
        self.launched.load(Ordering::SeqCst)
    }

    /// Instances not destroyed yet.
    pub fn living(&self) -> usize {
        self.living.load(Ordering::SeqCst)
    }

    /// Instances frozen now.
    pub fn frozen(&self) -> usize {
        self.frozen.load(Ordering::SeqCst)
    }
}

impl FakeLauncher {
    /// A launcher whose handlers do what `invoke` says; everything else succeeds.
    pub fn new(invoke: impl Fn(FakeCall) -> FakeReply + Send + Sync + 'static) -> Self {
        let script = Script {
            launch: Arc::new(|_| Ok(())),
            load: Arc::new(|_| FakeLoad::Loaded),
            invoke: Arc::new(invoke),
        };
        let memory = HostMemory { total: 8 << 30, available: 4 << 30 };
        Self { script, counts: Arc::default(), memory: Arc::new(Mutex::new(memory)) }
    }

    /// The same, with `load` deciding over initialisations.
    #[must_use]
    pub fn on_load(mut self, load: impl Fn(&Value) -> FakeLoad + Send + Sync + 'static) -> Self {
        self.script.load = Arc::new(load);
        self
    }

    /// The same, with `launch` deciding whether a process can be made.
    #[must_use]
    pub fn on_launch(
        mut self,
        launch: impl Fn(&Launch) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        self.script.launch = Arc::new(launch);
        self
    }

    /// Makes the host have `available` bytes of memory left of 8 GiB; it has 4 GiB at first.
    pub fn set_memory_available(&self, available: u64) {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).available = available;
    }

    /// Numbers of instances.
    pub fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }
}

#[async_trait]
impl Launcher for FakeLauncher {
    async fn launch(&self, launch: Launch) -> Result<Launched, Error> {
        (self.script.launch)(&launch)?;
        let pipe = || rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(Error::internal);
        let ((calls, to), (from, answers), (read, write)) = (pipe()?, pipe()?, pipe()?);
        let (exit, exited) = watch::channel(None);
        let (freezer, frozen) = watch::channel(false);
        let number = self.counts.launched.fetch_add(1, Ordering::SeqCst);
        self.counts.living.fetch_add(1, Ordering::SeqCst);
        let bootstrap =
            bootstrap::Bootstrap::new(number, [calls, answers, write], frozen, self.script.clone());
        let bootstrap = bootstrap.map_err(Error::internal)?;
        let task = tokio::spawn({
            let exit = exit.clone();
            async move {
                let ended = bootstrap.run().await;
                exit.send_if_modified(|exit| exit.is_none() && exit.replace(ended).is_none());
            }
        });
        let task = task.abort_handle();
        let control = FakeControl { exit, exited, freezer, task, counts: self.counts.clone() };
        let (link, listeners) = (LinkEnd::Frames { from, to }, Listeners::default());
        Ok(Launched { control: Box::new(control), link, log: read, listeners })
    }

    fn host_memory(&self) -> Option<HostMemory> {
        Some(*self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct FakeControl {
    exit: watch::Sender<Option<Exit>>,
    exited: watch::Receiver<Option<Exit>>,
    freezer: watch::Sender<bool>,
    task: AbortHandle,
    counts: Arc<Counts>,
}

impl FakeControl {
    fn set_frozen(&self, frozen: bool) {
        if self.freezer.send_replace(frozen) != frozen {
            let count = &self.counts.frozen;
            if frozen {
                count.fetch_add(1, Ordering::SeqCst)
            } else {
                count.fetch_sub(1, Ordering::SeqCst)
            };
        }
    }
}

#[async_trait]
impl Control for FakeControl {
    async fn attach(&mut self, _: &Version) -> Result<(), Error> {
        Ok(())
    }

    async fn exited(&mut self) -> Exit {
        match self.exited.wait_for(Option::is_some).await {
            Ok(exit) => exit.unwrap_or(Exit::Code(0)),
            Err(_) => Exit::Code(0),
        }
    }

    fn kill(&self) {
        self.task.abort();
        let killed = Exit::Signal { signal: 9, out_of_memory: false };
        self.exit.send_if_modified(|exit| exit.is_none() && exit.replace(killed).is_none());
    }

    async fn freeze(&self) {
        self.set_frozen(true);
    }

    async fn thaw(&self) {
        self.set_frozen(false);
    }

    fn memory_peak(&self) -> u64 {
        40 * 1024 * 1024
    }

    fn processors(&self) -> Option<Arc<dyn Processors>> {
        None
    }

    async fn destroy(self: Box<Self>) {}
}

impl Drop for FakeControl {
    fn drop(&mut self) {
        self.kill();
        self.set_frozen(false);
        self.counts.living.fetch_sub(1, Ordering::SeqCst);
    }
}
