//! Power over a sandbox, in the engine's words.

use super::{
    binds,
    limits::LimitRules,
    plain::{self, Places},
    unavailable,
};
use crate::{Control, Exit, Processors, Usage, Version};
use async_trait::async_trait;
use serde_json::Value;
use std::{io, sync::Arc, time::Duration};
use tinderbox_base::Error;
use tinderbox_sandbox::{Exit as SandboxExit, Processors as Inside, Sandbox};

pub(super) struct SandboxControl {
    sandbox: Sandbox,
    rules: LimitRules,
    /// Where its sockets are, if it is not isolated.
    places: Option<Places>,
}

impl SandboxControl {
    pub(super) fn new(sandbox: Sandbox, rules: LimitRules, places: Option<Places>) -> Self {
        Self { sandbox, rules, places }
    }
}

struct SandboxProcessors(Inside);

impl Processors for SandboxProcessors {
    fn keep_to(&self, processor: usize) -> io::Result<()> {
        self.0.keep_to(processor)
    }

    fn release(&self) -> io::Result<()> {
        self.0.release()
    }

    fn time(&self) -> Option<Duration> {
        self.0.time()
    }

    fn used(&self) -> Option<Usage> {
        let (computed, waits) = self.0.used().ok()?;
        Some(Usage { computed, waits })
    }
}

#[async_trait]
impl Control for SandboxControl {
    async fn attach(&mut self, version: &Version) -> Result<(), Error> {
        let limits = self.rules.of(version.memory);
        self.sandbox.attach(binds(&version.mounts), limits).await.map_err(unavailable)
    }

    fn localize(&self, head: &mut Value) {
        if let Some(places) = &self.places {
            plain::localize(head, &|text| self.sandbox.localize(&places.localize(text)));
        }
    }

    async fn exited(&mut self) -> Exit {
        match self.sandbox.exited().await {
            SandboxExit::Code(code) => Exit::Code(code),
            SandboxExit::Signal { signal, out_of_memory } => Exit::Signal { signal, out_of_memory },
        }
    }

    fn kill(&self) {
        self.sandbox.kill();
    }

    async fn freeze(&self) {
        if let Err(error) = self.sandbox.freeze().await {
            tracing::warn!(%error, sandbox = %self.sandbox.id(), "an idle instance was not frozen");
        }
    }

    async fn thaw(&self) {
        // An instance that stays frozen runs into its timeout and is killed, which works on frozen ones.
        if let Err(error) = self.sandbox.thaw().await {
            tracing::warn!(%error, sandbox = %self.sandbox.id(), "an instance was not thawed");
        }
    }

    fn memory_peak(&self) -> u64 {
        self.sandbox.memory_peak()
    }

    fn processors(&self) -> Option<Arc<dyn Processors>> {
        let processors: Arc<dyn Processors> = Arc::new(SandboxProcessors(self.sandbox.processors()?));
        Some(processors)
    }

    async fn destroy(self: Box<Self>) {
        self.sandbox.destroy().await;
    }
}
