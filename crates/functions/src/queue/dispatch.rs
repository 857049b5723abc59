//! The task that starts events when they may run.

use super::attempt;
use super::queues::Shared;
use super::schedule::Next;
use crate::service::Inner;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tinderbox_base::Timestamp;

/// The longest sleep: the calendar may be set forward meanwhile.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs events until the queues are closed or the service is gone.
pub(super) async fn run(shared: Arc<Shared>, inner: Weak<Inner>) {
    loop {
        let Some(inner) = inner.upgrade() else { return };
        let changed = shared.changed.notified();
        let now = inner.clock.now();
        let next = {
            let mut schedule = shared.schedule();
            if schedule.is_closed() {
                return;
            }
            schedule.next(now)
        };
        match next {
            Next::Run(uid, place) => {
                tokio::spawn(attempt::run(inner, uid, place));
            }
            Next::Wait(until) => {
                drop(inner);
                let wait = until.map_or(LONGEST, |until| between(now, until).min(LONGEST));
                tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

/// The time from `now` to `until`, and a millisecond at least, so that rounding never makes a busy loop.
fn between(now: Timestamp, until: Timestamp) -> Duration {
    let millis = until.as_millis().saturating_sub(now.as_millis());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0).max(1))
}
