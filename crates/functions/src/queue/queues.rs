//! The queues of all functions.

use super::deliver::Logged;
use super::dispatch;
use super::event::Waiting;
use super::schedule::{Limits, Schedule};
use crate::errors;
use crate::keys::{self, Place};
use crate::model::{Function, Uid};
use crate::names::Target;
use crate::service::{Event, Inner, InvokeFault};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tinderbox_base::{AccountId, Error, Region, Result, config};
use tinderbox_engine::ThrottleReason;
use tinderbox_store::{Check, Commit, Key, Op, StoreError};
use tokio::sync::Notify;

/// Entries read or deleted at once.
const PAGE: usize = 1000;

/// The queues of functions that have events, or had some.
pub(crate) struct Queues {
    pub(super) shared: Arc<Shared>,
    pub(super) logged: Logged,
    homes: Mutex<HashMap<Uid, Arc<Home>>>,
}

/// What the task that starts events shares with everything else.
pub(super) struct Shared {
    schedule: Mutex<Schedule>,
    /// Told when there may be something to start.
    pub(super) changed: Notify,
}

/// Whose events a queue has.
pub(super) struct Home {
    pub(super) target: Target,
    uid: Uid,
}

impl Shared {
    pub(super) fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    pub(crate) fn new(config: &config::Functions) -> Self {
        let events = usize::try_from(config.max_async_events).unwrap_or(usize::MAX);
        let bytes = config.max_async_mib.saturating_mul(1024 * 1024);
        let schedule = Mutex::new(Schedule::new(Limits { events, bytes }));
        let shared = Arc::new(Shared { schedule, changed: Notify::new() });
        Self { shared, logged: Logged::default(), homes: Mutex::default() }
    }

    /// Lets events run from now on.
    pub(crate) fn start(&self, inner: &Arc<Inner>) {
        tokio::spawn(dispatch::run(self.shared.clone(), Arc::downgrade(inner)));
    }

    /// Accepts `event` for `function`, or its version or alias `qualifier`. When this returns, the event
    /// is durable.
    pub(crate) async fn accept(
        &self,
        inner: &Arc<Inner>,
        function: &Function,
        qualifier: Option<String>,
        event: Event,
    ) -> Result<(), InvokeFault> {
        let home = self.make_home(function);
        let (uid, request, size) =
            (function.uid, event.caller.request_id.to_string(), event.payload.len() as u64);
        let reserved = self.shared.schedule().reserve(uid, request, size, inner.clock.now());
        let Some(place) = reserved else { return Err(InvokeFault::Throttled(ThrottleReason::Capacity)) };
        let (inner, shared) = (inner.clone(), self.shared.clone());
        let key = keys::function(&function.account, &function.region, &function.name);
        let missing = errors::function_not_found(home.target.qualified_arn());
        // Carried through even if the caller goes away: what is stored must also be in memory.
        let storing = async move {
            let stored = home.store(&inner, key, &place, &event, qualifier).await;
            shared.schedule().arrived(uid, place, size, stored.is_ok(), inner.clock.now());
            shared.changed.notify_one();
            stored
        };
        match tokio::spawn(storing).await.map_err(Error::internal)? {
            Ok(()) => Ok(()),
            Err(StoreError::CheckFailed(_)) => Err(missing.into()),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Reads which events wait in `account` and `region`, and drops those of functions that are gone. The
    /// functions must have been read before.
    pub(crate) async fn load(&self, inner: &Arc<Inner>, account: &AccountId, region: &Region) -> Result<()> {
        let functions = inner.functions_of(account, region);
        let mut rest = keys::all_waiting(account, region);
        loop {
            let entries = inner.store.range(&rest, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            rest = rest.after(&last.key);
            let mut orphans = Vec::new();
            for entry in &entries {
                let Some((uid, place)) = keys::parse_waiting(&entry.key) else { continue };
                match functions.get(&uid) {
                    Some(function) => {
                        let waiting: Waiting =
                            serde_json::from_slice(&entry.value).map_err(Error::internal)?;
                        self.make_home(function);
                        let now = inner.clock.now();
                        self.shared.schedule().found(function.uid, place, waiting.size, waiting.due, now);
                    }
                    None => {
                        orphans.push(Op::Delete(entry.key.clone()));
                        orphans.push(Op::Delete(keys::payload(account, region, &uid, &place)));
                    }
                }
            }
            if !orphans.is_empty() {
                inner.store.commit(Commit { ops: orphans, ..Commit::default() }).await?;
            }
        }
    }

    /// Drops the events of a function that was deleted.
    pub(crate) fn forget(&self, inner: &Arc<Inner>, function: &Function) {
        self.homes().remove(&function.uid);
        self.shared.schedule().forget(function.uid);
        let (store, uid) = (inner.store.clone(), function.uid.to_string());
        let (account, region) = (function.account.clone(), function.region.clone());
        tokio::spawn(async move {
            for range in [keys::queue(&account, &region, &uid), keys::payloads(&account, &region, &uid)] {
                if let Err(error) = store.delete_range(&range).await {
                    tracing::warn!(%error, "the events of a deleted function are still stored; the next start drops them");
                }
            }
        });
    }

    /// A limit of a function changed: what it refused may run now.
    pub(crate) fn retry(&self, inner: &Inner, function: &Function) {
        self.shared.schedule().retry(function.uid, inner.clock.now());
        self.shared.changed.notify_one();
    }

    /// Lets no further event begin.
    pub(crate) fn stop(&self) {
        self.shared.schedule().close();
        self.shared.changed.notify_one();
    }

    /// Events that wait or run, of all functions.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.schedule().events()
    }

    /// Has the clock looked at again: for tests whose clock they move.
    #[cfg(test)]
    pub(crate) fn look(&self) {
        self.shared.changed.notify_one();
    }

    /// Whether all that may run at `now` has run and what became of it is stored.
    #[cfg(test)]
    pub(crate) fn rests(&self, now: tinderbox_base::Timestamp) -> bool {
        self.shared.schedule().rests(now)
    }

    /// Whose events the queue `uid` has; none if its function is gone.
    pub(super) fn home(&self, uid: Uid) -> Option<Arc<Home>> {
        self.homes().get(&uid).cloned()
    }

    fn make_home(&self, function: &Function) -> Arc<Home> {
        let new = || {
            let target = Target {
                account: function.account.clone(),
                region: function.region.clone(),
                name: function.name.as_str().into(),
                qualifier: None,
            };
            Arc::new(Home { target, uid: function.uid })
        };
        self.homes().entry(function.uid).or_insert_with(new).clone()
    }

    fn homes(&self) -> MutexGuard<'_, HashMap<Uid, Arc<Home>>> {
        self.homes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store has of an event.
    pub(super) async fn read(
        &self,
        inner: &Inner,
        home: &Home,
        place: &Place,
    ) -> Result<Option<(Waiting, Bytes)>, StoreError> {
        let Some(entry) = inner.store.get(&home.waiting(place)).await? else { return Ok(None) };
        let Some(payload) = inner.store.get(&home.payload(place)).await? else { return Ok(None) };
        let waiting = serde_json::from_slice(&entry.value).map_err(std::io::Error::other)?;
        Ok(Some((waiting, payload.value)))
    }

    /// Writes what became of an event that is tried again. One that is gone stays gone.
    pub(super) async fn write(
        &self,
        inner: &Inner,
        home: &Home,
        place: &Place,
        waiting: &Waiting,
    ) -> Result<(), StoreError> {
        let key = home.waiting(place);
        let entry = serde_json::to_vec(waiting).map_err(std::io::Error::other)?;
        let checks = vec![Check::Present(key.clone())];
        let commit = Commit { checks, ops: vec![Op::Put(key, entry.into())], ..Commit::default() };
        match inner.store.commit(commit).await {
            Ok(_) | Err(StoreError::CheckFailed(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends an event.
    pub(super) async fn done(&self, inner: &Inner, home: &Home, place: &Place) -> Result<(), StoreError> {
        let ops = vec![Op::Delete(home.waiting(place)), Op::Delete(home.payload(place))];
        inner.store.commit(Commit { ops, ..Commit::default() }).await.map(drop)
    }
}

impl Drop for Queues {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Home {
    async fn store(
        &self,
        inner: &Inner,
        function: Key,
        place: &Place,
        event: &Event,
        qualifier: Option<String>,
    ) -> Result<(), StoreError> {
        let waiting = Waiting::of(event, qualifier, inner.clock.now());
        let entry = serde_json::to_vec(&waiting).map_err(std::io::Error::other)?;
        let ops = vec![
            Op::Put(self.waiting(place), entry.into()),
            Op::Put(self.payload(place), event.payload.clone()),
        ];
        let commit = Commit { checks: vec![Check::Present(function)], ops, ..Commit::default() };
        inner.store.commit(commit).await.map(drop)
    }

    fn waiting(&self, place: &Place) -> Key {
        keys::waiting(&self.target.account, &self.target.region, &self.uid.to_string(), place)
    }

    fn payload(&self, place: &Place) -> Key {
        keys::payload(&self.target.account, &self.target.region, &self.uid.to_string(), place)
    }
}
