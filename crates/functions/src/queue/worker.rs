//! Workers: tasks that run the events of one queue, each one event at a time.

use super::queues::Queue;
use crate::errors;
use crate::keys::Place;
use crate::names::Target;
use crate::service::{Event, Inner, InvokeFault};
use std::sync::Arc;
use std::time::Duration;
use tinderbox_base::RequestId;

/// The first wait after an event could not run, doubled each time up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LAST_WAIT: Duration = Duration::from_secs(2);
/// How long an event may wait (DESIGN: six hours), then it is dropped.
const MAX_AGE: Duration = Duration::from_hours(6);

/// Runs events until there are none.
pub(super) async fn work(inner: Arc<Inner>, queue: Arc<Queue>) {
    let mut wait = FIRST_WAIT;
    loop {
        let Some(place) = queue.next() else {
            if queue.may_go() {
                return;
            }
            continue;
        };
        queue.more(&inner);
        // Closed when the server ends; the event stays in the store.
        let Ok(permit) = inner.queues.running.clone().acquire_owned().await else { continue };
        let finished = attempt(&inner, &queue, &place).await;
        drop(permit);
        if finished {
            wait = FIRST_WAIT;
            continue;
        }
        queue.back(place);
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = LAST_WAIT.min(wait * 2),
            () = inner.queues.stopped.notified() => {}
        }
    }
}

/// Tries to run an event; false if it must be tried again.
async fn attempt(inner: &Arc<Inner>, queue: &Queue, place: &Place) -> bool {
    let (waiting, payload) = match queue.read(inner, place).await {
        Ok(Some(found)) => found,
        // The function was deleted, and its events with it.
        Ok(None) => return true,
        Err(error) => {
            tracing::warn!(%error, request = place.request, "cannot read an event; it is tried again");
            return false;
        }
    };
    let live = inner.current(&queue.target).filter(|live| live.function().uid == queue.uid);
    let (Some(live), Ok(request)) = (live, place.request.parse::<RequestId>()) else { return true };
    if waiting.accepted + MAX_AGE < inner.clock.now() {
        tracing::warn!(function = %live.function().arn(), %request, "an event waited for six hours and is dropped");
    } else {
        let caller = waiting.caller(&queue.target.account, &queue.target.region, request);
        let event = Event { caller, payload, arn: waiting.arn, client_context: None };
        let target = Target { qualifier: waiting.qualifier, ..queue.target.clone() };
        // A version or alias that is gone takes its events along.
        let ran = match live.serving(target.qualifier.as_deref(), request) {
            Some(edition) => inner.run(&target, edition.clone(), event).await,
            None => Err(errors::function_not_found(target.qualified_arn()).into()),
        };
        match ran {
            Ok(_) => {}
            Err(InvokeFault::Throttled(_)) => return false,
            Err(InvokeFault::Failed(error)) => match error.kind() {
                tinderbox_base::ErrorKind::NotFound => {}
                _ => {
                    tracing::warn!(?error, %request, "an event could not run; it is tried again");
                    return false;
                }
            },
        }
    }
    if let Err(error) = queue.done(inner, place).await {
        tracing::warn!(%error, %request, "an event that ran is still stored; the next start runs it again");
    }
    true
}
