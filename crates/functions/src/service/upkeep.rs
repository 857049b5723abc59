//! What the program asks of the functions beside requests: to warm up, to stop, to tell about themselves.

use super::live::Edition;
use super::{Functions, Inner};
use crate::names::FunctionRef;
use crate::run::access_key;
use std::sync::Arc;
use tinderbox_base::{Caller, Principal, RequestId};
use tinderbox_engine::{Boot, InstanceInfo, Version};

/// Functions made ready when the server starts.
const WARMED_UP: usize = 16;

impl Functions {
    /// Makes the functions that changed last ready to run, in the background: to be called once the
    /// server serves requests, which go first.
    pub fn warm_up_recent(&self) {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            if inner.loaded().await.is_err() {
                return;
            }
            let mut lives = inner.table.all();
            lives.sort_by_key(|live| std::cmp::Reverse(live.function().last_modified));
            lives.truncate(WARMED_UP);
            for live in lives {
                inner.make_ready(&live.latest).await;
            }
        });
    }

    /// Lets asynchronous events run, those too that an earlier server accepted. Called once, when what
    /// their ends are told to can be reached.
    pub fn start_queues(&self) {
        self.inner.queues.start(&self.inner);
    }

    /// Lets no further asynchronous event begin: the first step of ending the server. Those that wait
    /// run once it lives again.
    pub fn stop_queues(&self) {
        self.inner.queues.stop();
    }

    /// Asynchronous events that wait, of all functions.
    pub fn waiting_events(&self) -> usize {
        self.inner.queues.waiting()
    }

    /// Who calls when code in `instance` of `version` calls: its function's role, in a session named
    /// after the function, by the access key the instance was given. None if the function is gone.
    pub fn caller_of(&self, version: &Version, instance: &InstanceInfo) -> Option<Caller> {
        // Its name in the engine is its ARN, with its number if it was published, and what follows an `@`.
        let (arn, _) = version.id.as_str().split_once('@')?;
        let region = arn.split(':').nth(3)?.parse().ok()?;
        let root = Caller::root(version.account.clone(), region, RequestId::new(&*self.inner.random));
        let target = FunctionRef::parse(arn).and_then(|r| r.resolve(&root, None, "Invoke")).ok()?;
        let live = self.inner.current(&target)?;
        let function = live.behind(target.qualifier.as_deref())?.function.clone();
        let role = function.configuration.role.parse().ok()?;
        let principal = Principal::AssumedRole { role, session: function.name.to_string() };
        Some(Caller { principal, access_key: Some(access_key(instance.id)), ..root })
    }
}

impl Inner {
    /// Makes the version of a function that was just changed, so that its first request need not wait.
    pub(super) fn warm_up(self: &Arc<Self>, edition: &Arc<Edition>) {
        let (inner, edition) = (self.clone(), edition.clone());
        tokio::spawn(async move { inner.make_ready(&edition).await });
    }

    async fn make_ready(&self, edition: &Edition) {
        // A failure shows when the function is invoked, to whoever invokes it.
        if let Ok(Ok(version)) = self.version(edition).await
            && version.boot == Boot::Stem
        {
            self.engine.prepare(&version.class);
        }
    }
}
