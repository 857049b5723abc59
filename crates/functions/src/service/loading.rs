//! Whether all functions are known yet: where there are many, they are read behind the first requests.

use super::live::Live;
use super::{Functions, Inner, load};
use crate::names::Target;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tinderbox_base::{Error, Result};
use tokio::sync::watch;

/// How far the reading has come.
#[derive(Debug)]
pub(super) struct Loading {
    /// All is read: every request asks this first.
    done: AtomicBool,
    /// How it ended, once it has.
    ended: watch::Sender<Option<std::result::Result<(), String>>>,
}

impl Default for Loading {
    fn default() -> Self {
        Self { done: AtomicBool::new(false), ended: watch::Sender::new(None) }
    }
}

impl Loading {
    fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    fn end(&self, outcome: &Result<()>) {
        self.done.store(outcome.is_ok(), Ordering::Release);
        self.ended.send_replace(Some(outcome.as_ref().map_err(Error::causes).copied()));
    }

    async fn wait(&self) -> Result<()> {
        if self.is_done() {
            return Ok(());
        }
        let mut ended = self.ended.subscribe();
        let gone = |_| Error::internal(io::Error::other("the functions are not being read"));
        let outcome = ended.wait_for(Option::is_some).await.map_err(gone)?.clone();
        outcome.unwrap_or(Ok(())).map_err(|causes| Error::internal(io::Error::other(causes)))
    }
}

impl Functions {
    /// Reads every function, and which events wait for them. Until that is done only invocations of functions by name are
    /// served; who wants anything else waits for [`Self::ready`].
    ///
    /// # Errors
    /// When the store or the data directory cannot be read: then nothing is served any more.
    pub async fn load(&self) -> Result<()> {
        let outcome = self.inner.load().await;
        self.inner.loading.end(&outcome);
        outcome
    }

    /// Waits until every function is known.
    ///
    /// # Errors
    /// They could not be read.
    pub async fn ready(&self) -> Result<()> {
        self.inner.loading.wait().await
    }
}

impl Inner {
    /// The function, read on its own if the reading of all has not come to it yet.
    pub(super) async fn find(self: &Arc<Self>, target: &Target) -> Result<Option<Arc<Live>>> {
        let known = self.table.get(target);
        if known.is_some() || self.loading.is_done() {
            return Ok(known);
        }
        load::one(self, target).await
    }

    /// As [`Functions::ready`].
    pub(super) async fn loaded(&self) -> Result<()> {
        self.loading.wait().await
    }
}
