//! One attempt to run one event, and what follows from how it went.

use super::deliver::{self, Outcome};
use super::event::Waiting;
use super::schedule::End;
use crate::errors;
use crate::keys::Place;
use crate::model::{EventConfig, Uid};
use crate::names::Target;
use crate::run::Answer;
use crate::service::{Event, Inner, InvokeFault, Live, Ran};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tinderbox_base::{ErrorKind, RequestId, Timestamp};

/// Runs the event and tells the schedule how that ended.
pub(super) async fn run(inner: Arc<Inner>, uid: Uid, place: Place) {
    let end = attempt(&inner, uid, &place).await;
    let now = inner.clock.now();
    let queues = &inner.queues;
    queues.shared.schedule().ended(uid, place, end, now);
    queues.shared.changed.notify_one();
}

/// An event with all that is known of it.
pub(super) struct Known<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) live: Arc<Live>,
    pub(super) target: Target,
    pub(super) request: RequestId,
    pub(super) waiting: Waiting,
    pub(super) payload: Bytes,
    pub(super) config: Arc<EventConfig>,
}

async fn attempt(inner: &Arc<Inner>, uid: Uid, place: &Place) -> End {
    // The function was deleted, and its events with it.
    let (Some(home), Ok(request)) = (inner.queues.home(uid), place.request.parse()) else { return End::Done };
    let (waiting, payload) = match inner.queues.read(inner, &home, place).await {
        Ok(Some(found)) => found,
        Ok(None) => return End::Done,
        Err(error) => {
            tracing::warn!(%error, request = place.request, "cannot read an event; it is tried again");
            return End::Refused;
        }
    };
    let Some(live) = inner.current(&home.target).filter(|live| live.function().uid == uid) else {
        return End::Done;
    };
    let target = Target { qualifier: waiting.qualifier.clone(), ..home.target.clone() };
    let config = live.event_config(target.qualifier.as_deref()).cloned().unwrap_or_default();
    let known = Known { inner, live, target, request, waiting, payload, config };
    let end = judge(&known).await;
    let written = match &end {
        Verdict::Done => inner.queues.done(inner, &home, place).await,
        Verdict::Retry(due) => {
            let failures = known.waiting.failures + 1;
            let waiting = Waiting { failures, due: Some(*due), ..known.waiting };
            inner.queues.write(inner, &home, place, &waiting).await
        }
        Verdict::Refused => return End::Refused,
    };
    if let Err(error) = written {
        tracing::warn!(%error, %request, "what became of an event is not stored; the next start runs it again");
    }
    match end {
        Verdict::Done => End::Done,
        Verdict::Retry(due) => End::Later(due),
        Verdict::Refused => End::Refused,
    }
}

/// What becomes of an event.
enum Verdict {
    /// It is done with, and whoever should hear of it did.
    Done,
    /// It ran, failed, and is tried again.
    Retry(Timestamp),
    /// It did not run.
    Refused,
}

async fn judge(event: &Known<'_>) -> Verdict {
    let function = event.live.function();
    let expires = event.waiting.accepted + event.config.max_age();
    if expires < event.inner.clock.now() {
        deliver::failed(event, "EventAgeExceeded", None).await;
        return Verdict::Done;
    }
    // AWS sends these on at once. Where they would go nowhere, they wait for the stop to end.
    if function.reserved_concurrency == Some(0) {
        if deliver::hears_of_failures(event) {
            deliver::failed(event, "ZeroReservedConcurrency", None).await;
            return Verdict::Done;
        }
        return Verdict::Refused;
    }
    let ran = match run_once(event).await {
        Ok(ran) => ran,
        Err(InvokeFault::Throttled(_)) => return Verdict::Refused,
        // What it was for is gone.
        Err(InvokeFault::Failed(error)) if error.kind() == ErrorKind::NotFound => return Verdict::Done,
        // It was taken up while all ends; the next start runs it.
        Err(InvokeFault::Failed(_)) if event.inner.queues.shared.schedule().is_closed() => {
            return Verdict::Refused;
        }
        Err(InvokeFault::Failed(error)) => {
            let request = event.request;
            tracing::warn!(?error, %request, "an event could not run; it is tried again");
            return Verdict::Refused;
        }
    };
    let Ran { answer: Answer { payload, failed }, version, .. } = ran;
    let outcome = Outcome { payload, version };
    if !failed {
        deliver::succeeded(event, &outcome).await;
        return Verdict::Done;
    }
    let failures = event.waiting.failures + 1;
    let due = event.inner.clock.now() + delay(event.inner, failures);
    let condition = if failures >= event.config.max_attempts() {
        "RetriesExhausted"
    } else if due > expires {
        // It would be too old by then, so AWS gives it up now.
        "EventAgeExceeded"
    } else {
        return Verdict::Retry(due);
    };
    deliver::failed(event, condition, Some(&outcome)).await;
    Verdict::Done
}

async fn run_once(event: &Known<'_>) -> Result<Ran, InvokeFault> {
    let Known { inner, live, target, request, waiting, payload, .. } = event;
    let caller = waiting.caller(&target.account, &target.region, *request);
    let Some(edition) = live.serving(target.qualifier.as_deref(), *request) else {
        return Err(errors::function_not_found(target.qualified_arn()).into());
    };
    let run = Event { caller, payload: payload.clone(), arn: waiting.arn.clone(), client_context: None };
    inner.run(target, edition.clone(), run, None).await
}

/// The wait before the retry that follows the `failures`th failure: one minute, then two (Lambda guide,
/// "Retry behavior"), unless the operator set another first wait.
fn delay(inner: &Inner, failures: u32) -> Duration {
    Duration::from_secs(inner.config.async_retry_delay_s) * failures
}
