//! Who hears of an event's end: destinations, and the dead-letter queue.
//!
//! What is delivered is delivered before the event is removed, so a crash in between delivers it twice
//! rather than never.

use super::attempt::Known;
use super::record::{Response, record};
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tinderbox_base::{Arn, Caller, ErrorKind, Principal, RequestId, Result};

/// How often a delivery is tried that might succeed later.
const ATTEMPTS: u32 = 3;
/// The wait between two of them.
const PAUSE: Duration = Duration::from_millis(500);
/// Places whose deliveries fail that are remembered, so that each is logged once.
const MAX_REMEMBERED: usize = 1024;

/// What a run came to.
pub(super) struct Outcome {
    /// The response, or the error as JSON.
    pub(super) payload: Bytes,
    /// The version that ran.
    pub(super) version: Arc<str>,
}

/// Deliveries that failed and were logged.
#[derive(Debug, Default)]
pub(super) struct Logged(Mutex<HashSet<(String, String)>>);

impl Logged {
    /// Whether this is the first time.
    fn first(&self, function: &Arn, to: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.len() < MAX_REMEMBERED && known.insert((function.to_string(), to.to_owned()))
    }
}

/// Tells the destination that an event succeeded.
pub(super) async fn succeeded(event: &Known<'_>, outcome: &Outcome) {
    let Some(to) = &event.config.on_success else { return };
    send(event, to, told(event, "Success", Some(outcome), false)).await;
}

/// Tells the destination and the dead-letter queue that an event was given up.
pub(super) async fn failed(event: &Known<'_>, condition: &'static str, outcome: Option<&Outcome>) {
    let (mut told_anyone, function) = (false, event.live.function().arn());
    if let Some(to) = &event.config.on_failure {
        send(event, to, told(event, condition, outcome, true)).await;
        told_anyone = true;
    }
    if let Some(to) = dead_letters(event) {
        // The event itself. What AWS adds as attributes of the message, queues and topics will add.
        send(event, &to, event.payload.clone()).await;
        told_anyone = true;
    }
    if !told_anyone {
        let request = event.request;
        tracing::info!(%function, %request, condition, "an event was given up, and nobody was to hear of it");
    }
}

/// Whether anybody hears of it when the event is given up.
pub(super) fn hears_of_failures(event: &Known<'_>) -> bool {
    event.config.on_failure.is_some() || dead_letters(event).is_some()
}

/// The dead-letter queue is a part of a version's own configuration.
fn dead_letters(event: &Known<'_>) -> Option<String> {
    let edition = event.live.serving(event.target.qualifier.as_deref(), event.request)?;
    edition.function.configuration.dead_letter_target.clone()
}

fn told(event: &Known<'_>, condition: &str, outcome: Option<&Outcome>, failed: bool) -> Bytes {
    let response =
        outcome.map(|outcome| Response { payload: &outcome.payload, version: &outcome.version, failed });
    // A run counts once it ended.
    let count = event.waiting.failures + u32::from(outcome.is_some());
    let arn = event.target.qualified_arn().to_string();
    let now = event.inner.clock.now();
    record(now, event.request, &arn, condition, count, &event.payload, response.as_ref())
}

/// Sends `message` to `to`, in the name of the function's role.
async fn send(event: &Known<'_>, to: &str, message: Bytes) {
    let function = event.live.function();
    let mut result = Ok(());
    for attempt in 1..=ATTEMPTS {
        result = send_once(event, to, message.clone()).await;
        let again = result.as_ref().is_err_and(|error| {
            matches!(error.kind(), ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Internal)
        });
        if !again || attempt == ATTEMPTS {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    if let Err(error) = result
        && event.inner.queues.logged.first(&function.arn(), to)
    {
        let (function, causes) = (function.arn(), error.causes());
        tracing::warn!(%function, to, %error, causes, "what became of an event could not be delivered; further failures are not logged");
    }
}

async fn send_once(event: &Known<'_>, to: &str, message: Bytes) -> Result<()> {
    let (inner, function) = (event.inner, event.live.function());
    let arn: Arn =
        to.parse().map_err(|_| crate::errors::invalid_parameter(format!("{to} is not an ARN.")))?;
    let role = function.configuration.role.parse().map_err(tinderbox_base::Error::internal)?;
    let root = Caller::root(
        event.target.account.clone(),
        event.target.region.clone(),
        RequestId::new(&*inner.random),
    );
    let caller = Caller {
        principal: Principal::AssumedRole { role, session: function.name.to_string() },
        source_arn: Some(function.arn()),
        source_account: Some(function.account.clone()),
        trace: event.waiting.trace.clone(),
        ..root
    };
    inner.targets.of(&arn)?.send(&caller, &arn, message).await
}
