//! A conversation over the HTTP Runtime API.

use super::{Answer, Call, InitAnswer, Outlet};
use crate::MAX_RESPONSE_BYTES;
use bytes::Bytes;
use std::time::Duration;
use tinderbox_runtime_api::{Answer as ApiAnswer, Event, Part, Parts, RuntimeApi, Started};

/// How long a runtime that closed the connection of its answer may take to end before it is thought to live on; longer than
/// the last words of a process are waited for.
const DYING: Duration = Duration::from_millis(100);
/// AWS's name for an answer that broke off.
const TRUNCATED: &str = "Runtime.TruncatedResponse";

/// Waits until the runtime asks for its first invocation.
pub(super) async fn started(api: &RuntimeApi) -> InitAnswer {
    match api.started().await {
        Started::Ready => InitAnswer::Done,
        Started::Failed { kind, body } => InitAnswer::Failed { kind, body },
    }
}

/// Runs the handler.
pub(super) async fn invoke(api: &RuntimeApi, call: &Call<'_>) -> Answer {
    let event = Event {
        request_id: call.id.to_owned(),
        deadline_ms: call.deadline.as_millis(),
        arn: call.arn.to_owned(),
        trace: call.trace.map(str::to_owned),
        client_context: call.client_context.map(str::to_owned),
        payload: call.payload.clone(),
    };
    match api.invoke(event).await {
        ApiAnswer::Success(body) => Answer::Success(body),
        ApiAnswer::Error { kind, body } => Answer::Error { kind, body, usable: true },
        ApiAnswer::TooLarge { size } => Answer::TooLarge { size, limit: MAX_RESPONSE_BYTES, usable: true },
        ApiAnswer::Stream(parts) => stream(parts, call).await,
    }
}

/// Passes on the parts of an answer.
async fn stream(mut parts: Parts, call: &Call<'_>) -> Answer {
    let mut outlet = Outlet::new(call);
    outlet.begin(parts.content_type.take()).await;
    loop {
        match parts.next().await {
            Some(Part::Chunk(bytes)) => {
                if let Err(answer) = outlet.chunk(bytes).await {
                    return answer;
                }
            }
            Some(Part::End) => {
                outlet.end().await;
                return outlet.answer();
            }
            Some(Part::Failed { kind, body }) => return Answer::Error { kind, body, usable: true },
            Some(Part::Truncated) => {
                // If it is dying, how it died is what is to be told.
                tokio::time::sleep(DYING).await;
                let body = Bytes::from_static(br#"{"errorType":"Runtime.TruncatedResponse"}"#);
                return Answer::Error { kind: TRUNCATED.to_owned(), body, usable: true };
            }
            // The instance ended, or its API.
            None => return Answer::Closed,
        }
    }
}
