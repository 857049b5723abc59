//! The engine's one public face.

use crate::{
    Endpoint, GroupId, Invocation, InvokeError, Launcher, Response, RuntimeClass, Stats, VersionId,
    cores::Cores, driver::Driver, scheduler::Event,
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tinderbox_base::{AccountId, Clock, Random, config};
use tokio::runtime::Handle;

/// What the engine is made of.
pub struct EngineDeps {
    /// Its rules.
    pub config: config::Engine,
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// Where the names of instances come from.
    pub random: Arc<dyn Random>,
    /// What makes instances.
    pub launcher: Arc<dyn Launcher>,
    /// What serves the sockets inside them.
    pub endpoint: Arc<dyn Endpoint>,
}

/// Runs versions. Clones are handles of the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Driver>);

impl Engine {
    /// Starts an engine on the tokio runtime this is called in.
    pub async fn start(deps: EngineDeps) -> Self {
        let EngineDeps { config, clock, random, launcher, endpoint } = deps;
        let driver = Driver::new(&config, clock, random, launcher, endpoint);
        driver.start_timer();
        driver.start_watching_memory();
        driver.runtime.spawn(Cores::watch(Arc::downgrade(&driver.cores)));
        Self(driver)
    }

    /// Makes sure that generic instances of a runtime stand ready, as soon as possible and off anyone's way.
    pub fn prepare(&self, class: &Arc<RuntimeClass>) {
        self.0.prepare(class);
    }

    /// Runs a version once.
    ///
    /// A caller that drops the future does not cancel: what was accepted runs to its end, is logged
    /// and billed. One that neither polls nor drops it holds up an instance.
    ///
    /// # Errors
    /// When nothing was run, see [`InvokeError`]. Whatever happens once an instance was involved is an
    /// [`crate::Outcome`].
    pub async fn invoke(&self, invocation: Invocation) -> Result<Response, InvokeError> {
        let driver = self.0.clone();
        Carried { runtime: driver.runtime.clone(), running: Some(Box::pin(driver.invoke(invocation))) }.await
    }

    /// Lets a version serve no request from now on: free instances end, busy ones after their
    /// invocation, requests already accepted are served, later ones get [`InvokeError::Retired`].
    ///
    /// Give the [`VersionId`] of the version itself, or a clone of it.
    pub fn retire(&self, version: &VersionId) {
        self.0.retire(version);
    }

    /// Reserves concurrency for a group: no more than `reserved` of its requests run at once, and no
    /// other group uses that part of the account's concurrency. Zero stops the group.
    pub fn set_reserved(&self, account: &AccountId, group: &GroupId, reserved: Option<u32>) {
        self.0.apply(Event::Reserve { account, group, reserved });
    }

    /// Instances and requests by state.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Accepts nothing more, waits for requests in flight, at most for `limit`, and ends all instances.
    /// Afterwards no process is left.
    pub async fn drain(&self, limit: Duration) {
        self.0.drain(limit).await;
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.stats()).finish()
    }
}

type Running = Pin<Box<dyn Future<Output = Result<Response, InvokeError>> + Send>>;

/// An invocation, polled by its caller; one whose caller goes away is carried on by a task. So the
/// usual case costs no task and no hop between threads.
struct Carried {
    runtime: Handle,
    running: Option<Running>,
}

impl Future for Carried {
    type Output = Result<Response, InvokeError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.running else {
            // Polled after its end, which no caller of an async function does.
            return Poll::Pending;
        };
        let poll = running.as_mut().poll(context);
        if poll.is_ready() {
            self.running = None;
        }
        poll
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            drop(self.runtime.spawn(running));
        }
    }
}
