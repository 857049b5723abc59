//! The queues of all functions.

use super::event::Waiting;
use super::worker;
use crate::errors;
use crate::keys::{self, Place};
use crate::model::{Function, Uid};
use crate::names::Target;
use crate::service::{Event, Inner, InvokeFault};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tinderbox_base::{AccountId, Error, Region, Result};
use tinderbox_engine::ThrottleReason;
use tinderbox_store::{Check, Commit, Key, Op, StoreError};
use tokio::sync::{Notify, Semaphore};

/// Most events of one function that run at once.
pub(super) const MAX_WORKERS: usize = 32;
/// Most events of all functions that run at once.
const MAX_RUNNING: usize = 256;
/// Entries read or deleted at once.
const PAGE: usize = 1000;

/// The queues of functions that have events, or had some.
pub(crate) struct Queues {
    queues: Mutex<HashMap<Uid, Arc<Queue>>>,
    max_events: usize,
    pub(super) running: Arc<Semaphore>,
    /// Closed when no event may begin any more.
    pub(super) stopped: Arc<Notify>,
}

/// The events of one function.
pub(super) struct Queue {
    pub(super) target: Target,
    pub(super) uid: Uid,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: BTreeSet<Place>,
    /// Events that are being stored.
    arriving: usize,
    workers: usize,
    last_number: u64,
    /// The function is gone, or the server is ending.
    closed: bool,
}

impl Queues {
    pub(crate) fn new(max_events: u64) -> Self {
        let max_events = usize::try_from(max_events).unwrap_or(usize::MAX);
        let running = Arc::new(Semaphore::new(MAX_RUNNING));
        Self { queues: Mutex::default(), max_events, running, stopped: Arc::default() }
    }

    /// Accepts `event` for `function`, or its version or alias `qualifier`. When this returns, the event is durable.
    pub(crate) async fn accept(
        &self,
        inner: &Arc<Inner>,
        function: &Function,
        qualifier: Option<String>,
        event: Event,
    ) -> Result<(), InvokeFault> {
        let queue = self.queue(function);
        let Some(place) = queue.reserve(self.max_events, inner, &event) else {
            return Err(InvokeFault::Throttled(ThrottleReason::Capacity));
        };
        let (inner, key) =
            (inner.clone(), keys::function(&function.account, &function.region, &function.name));
        let missing = errors::function_not_found(queue.target.qualified_arn());
        // Carried through even if the caller goes away: what is stored must also be in memory.
        let storing = async move {
            let stored = queue.store(&inner, key, &place, &event, qualifier).await;
            queue.arrived(place, stored.is_ok());
            stored?;
            queue.employ(&inner);
            Ok(())
        };
        match tokio::spawn(storing).await.map_err(Error::internal)? {
            Ok(()) => Ok(()),
            Err(StoreError::CheckFailed(_)) => Err(missing.into()),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    /// Reads which events wait in `account` and `region`, drops those of functions that are gone, and
    /// lets the others run. The functions must have been read before.
    pub(crate) async fn load(&self, inner: &Arc<Inner>, account: &AccountId, region: &Region) -> Result<()> {
        let functions = inner.functions_of(account, region);
        let mut rest = keys::all_waiting(account, region);
        loop {
            let entries = inner.store.range(&rest, PAGE).await?;
            let Some(last) = entries.last() else { break };
            rest = rest.after(&last.key);
            let mut orphans = Vec::new();
            for entry in &entries {
                let Some((uid, place)) = keys::parse_waiting(&entry.key) else { continue };
                match functions.get(&uid) {
                    Some(function) => self.queue(function).arrived_before(place),
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
        for queue in self.lock().values() {
            queue.employ(inner);
        }
        Ok(())
    }

    /// Drops the events of a function that was deleted.
    pub(crate) fn forget(&self, inner: &Arc<Inner>, function: &Function) {
        if let Some(queue) = self.lock().remove(&function.uid) {
            queue.close();
        }
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

    /// Lets no further event begin.
    pub(crate) fn stop(&self) {
        self.lock().values().for_each(|queue| queue.close());
        self.running.close();
        self.stopped.notify_waiters();
    }

    /// Events that wait or run, of all functions.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().values().map(|queue| queue.state().waiting.len()).sum()
    }

    fn queue(&self, function: &Function) -> Arc<Queue> {
        let new = || {
            let target = Target {
                account: function.account.clone(),
                region: function.region.clone(),
                name: function.name.as_str().into(),
                qualifier: None,
            };
            Arc::new(Queue { target, uid: function.uid, state: Mutex::default() })
        };
        self.lock().entry(function.uid).or_insert_with(new).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uid, Arc<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// A place after all others, if there is room for an event.
    fn reserve(&self, max_events: usize, inner: &Inner, event: &Event) -> Option<Place> {
        let mut state = self.state();
        if state.closed || state.waiting.len() + state.arriving >= max_events {
            return None;
        }
        state.arriving += 1;
        // Milliseconds with room for a million events in each, so that numbers grow across restarts too.
        let now = u64::try_from(inner.clock.now().as_millis()).unwrap_or(0) << 20;
        state.last_number = now.max(state.last_number + 1);
        Some(Place { number: state.last_number, request: event.caller.request_id.to_string() })
    }

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
            Op::Put(self.waiting_key(place), entry.into()),
            Op::Put(self.payload_key(place), event.payload.clone()),
        ];
        let commit = Commit { checks: vec![Check::Present(function)], ops, ..Commit::default() };
        inner.store.commit(commit).await.map(drop)
    }

    fn arrived(&self, place: Place, stored: bool) {
        let mut state = self.state();
        state.arriving -= 1;
        if stored && !state.closed {
            state.waiting.insert(place);
        }
    }

    /// An event that an earlier server accepted.
    fn arrived_before(&self, place: Place) {
        let mut state = self.state();
        state.last_number = state.last_number.max(place.number);
        state.waiting.insert(place);
    }

    /// Takes the next event.
    pub(super) fn next(&self) -> Option<Place> {
        let mut state = self.state();
        if state.closed { None } else { state.waiting.pop_first() }
    }

    /// Puts an event back that could not run now.
    pub(super) fn back(&self, place: Place) {
        let mut state = self.state();
        if !state.closed {
            state.waiting.insert(place);
        }
    }

    /// Starts a worker if there is work for one more.
    fn employ(self: &Arc<Self>, inner: &Arc<Inner>) {
        let mut state = self.state();
        if !state.closed && state.workers < MAX_WORKERS && !state.waiting.is_empty() {
            state.workers += 1;
            tokio::spawn(worker::work(inner.clone(), self.clone()));
        }
    }

    /// Whether a worker that found nothing to do may go; it stays if something came meanwhile.
    pub(super) fn may_go(&self) -> bool {
        let mut state = self.state();
        let go = state.closed || state.waiting.is_empty();
        if go {
            state.workers -= 1;
        }
        go
    }

    /// Starts one more worker, if events wait.
    pub(super) fn more(self: &Arc<Self>, inner: &Arc<Inner>) {
        self.employ(inner);
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
    }

    /// What the store has of an event.
    pub(super) async fn read(
        &self,
        inner: &Inner,
        place: &Place,
    ) -> Result<Option<(Waiting, Bytes)>, StoreError> {
        let Some(entry) = inner.store.get(&self.waiting_key(place)).await? else { return Ok(None) };
        let Some(payload) = inner.store.get(&self.payload_key(place)).await? else { return Ok(None) };
        let waiting = serde_json::from_slice(&entry.value).map_err(std::io::Error::other)?;
        Ok(Some((waiting, payload.value)))
    }

    /// Ends an event.
    pub(super) async fn done(&self, inner: &Inner, place: &Place) -> Result<(), StoreError> {
        let ops = vec![Op::Delete(self.waiting_key(place)), Op::Delete(self.payload_key(place))];
        inner.store.commit(Commit { ops, ..Commit::default() }).await.map(drop)
    }

    fn waiting_key(&self, place: &Place) -> Key {
        keys::waiting(&self.target.account, &self.target.region, &self.uid.to_string(), place)
    }

    fn payload_key(&self, place: &Place) -> Key {
        keys::payload(&self.target.account, &self.target.region, &self.uid.to_string(), place)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::function;

    #[test]
    fn the_next_event_is_the_one_accepted_first() {
        let queue = Queues::new(10).queue(&function("python3.12", &[]));
        let place = |number| Place { number, request: "r".into() };
        for number in [3, 1, 2] {
            queue.arrived_before(place(number));
        }
        assert_eq!(queue.next(), Some(place(1)));
        assert_eq!(queue.next(), Some(place(2)));
        queue.back(place(1));
        assert_eq!(queue.next(), Some(place(1)));
        assert_eq!(queue.next(), Some(place(3)));
        assert_eq!(queue.next(), None);
        queue.close();
        queue.back(place(1));
        assert_eq!(queue.next(), None);
    }
}
