//! What the outcomes of the engine mean in Lambda's words: to the caller and in the log.

use crate::logs::text;
use bytes::Bytes;
use serde_json::json;
use std::time::Duration;
use tinderbox_base::RequestId;
use tinderbox_engine::Outcome;

/// AWS's type for a program that cannot be started.
pub(super) const INVALID_ENTRYPOINT: &str = "Runtime.InvalidEntrypoint";

/// What the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The response, or the error as JSON.
    pub payload: Bytes,
    /// Whether it is an error.
    pub failed: bool,
}

/// A failure that the platform words, not the function's runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Its type, such as `Runtime.ExitError`.
    pub kind: String,
    /// What happened.
    pub message: String,
    /// `timeout` or `error`.
    pub status: &'static str,
    /// Whether the log tells it in words: not what the runtime has worded already, nor what the caller is told alone.
    pub is_told: bool,
}

/// The failure behind `outcome`, if it is one that the report names.
pub(super) fn failure(outcome: &Outcome, timeout: Duration) -> Option<Failure> {
    let failure = |kind: &str, message: String, is_told| {
        Some(Failure { kind: kind.into(), message, status: "error", is_told })
    };
    let error = |kind: &str, message: String| failure(kind, message, true);
    match outcome {
        Outcome::Success(_) | Outcome::Streamed { .. } | Outcome::HandlerError { .. } => None,
        Outcome::InitError { kind, .. } => failure(kind, String::new(), false),
        Outcome::TimedOut => Some(timed_out(timeout)),
        Outcome::InitTimedOut { limit } => Some(timed_out(*limit)),
        Outcome::Exited { code, signal } => error("Runtime.ExitError", text::exited(*code, *signal)),
        Outcome::StartFailed { reason } => error(INVALID_ENTRYPOINT, text::not_started(reason)),
        Outcome::OutOfMemory => error("Runtime.OutOfMemory", text::exited(None, Some(9))),
        Outcome::ResponseTooLarge { limit, .. } => failure(
            "Function.ResponseSizeTooLarge",
            format!("Response payload size exceeded maximum allowed payload size ({limit} bytes)."),
            false,
        ),
        Outcome::Broken { what } => {
            error("Runtime.Unknown", format!("The runtime broke its protocol: {what}"))
        }
    }
}

fn timed_out(timeout: Duration) -> Failure {
    let message = text::timed_out(timeout);
    Failure { kind: "Sandbox.Timedout".into(), message, status: "timeout", is_told: true }
}

/// What the caller of `request` gets for `outcome`.
pub(crate) fn answer(outcome: Outcome, request: RequestId, timeout: Duration) -> Answer {
    let failure = failure(&outcome, timeout);
    let payload = match (outcome, failure) {
        (Outcome::Success(payload), _) => return Answer { payload, failed: false },
        (Outcome::Streamed { .. }, _) => return Answer { payload: Bytes::new(), failed: false },
        (Outcome::HandlerError { body, .. } | Outcome::InitError { body, .. }, _) => body,
        (Outcome::ResponseTooLarge { .. }, Some(failure)) => error_json(&failure.kind, &failure.message),
        (_, Some(failure)) => return platform_error(&failure.kind, &failure.message, request),
        (_, None) => Bytes::from_static(b"{}"),
    };
    Answer { payload, failed: true }
}

/// What the caller of `request` gets for a failure that no code of the function had a part in.
pub(crate) fn platform_error(kind: &str, message: &str, request: RequestId) -> Answer {
    let payload = error_json(kind, &format!("RequestId: {request} Error: {message}"));
    Answer { payload, failed: true }
}

fn error_json(kind: &str, message: &str) -> Bytes {
    json!({ "errorType": kind, "errorMessage": message }).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        fn check(outcome: Outcome, failed: bool, expect: &str) {
            let request = "6f747a00-0e2f-4c4b-9a3b-111111111111".parse().expect("an id");
            let answer = answer(outcome, request, Duration::from_secs(1));
            let text = std::str::from_utf8(&answer.payload).expect("text");
            assert_eq!((answer.failed, text), (failed, expect));
        }
        let failed = |kind: &str, message: &str| {
            format!(
                "{{\"errorMessage\":\"RequestId: 6f747a00-0e2f-4c4b-9a3b-111111111111 Error: {message}\",\
                 \"errorType\":\"{kind}\"}}"
            )
        };
        let body = || Bytes::from_static(b"{\"x\":1}");
        check(Outcome::Success(body()), false, "{\"x\":1}");
        check(Outcome::HandlerError { kind: "KeyError".into(), body: body() }, true, "{\"x\":1}");
        check(
            Outcome::InitError { kind: "Runtime.ImportModuleError".into(), body: body() },
            true,
            "{\"x\":1}",
        );
        check(Outcome::TimedOut, true, &failed("Sandbox.Timedout", "Task timed out after 1.00 seconds"));
        check(
            Outcome::InitTimedOut { limit: Duration::from_secs(10) },
            true,
            &failed("Sandbox.Timedout", "Task timed out after 10.00 seconds"),
        );
        let exited = |code, signal| Outcome::Exited { code, signal };
        let exit = "Runtime.ExitError";
        check(exited(Some(1), None), true, &failed(exit, "Runtime exited with error: exit status 1"));
        check(exited(Some(0), None), true, &failed(exit, "Runtime exited without providing a reason"));
        check(exited(None, Some(9)), true, &failed(exit, "Runtime exited with error: signal: killed"));
        check(
            Outcome::StartFailed { reason: "exec format error".into() },
            true,
            &failed("Runtime.InvalidEntrypoint", "fork/exec /var/task/bootstrap: exec format error"),
        );
        let killed = "Runtime exited with error: signal: killed";
        check(Outcome::OutOfMemory, true, &failed("Runtime.OutOfMemory", killed));
        check(
            Outcome::ResponseTooLarge { size: 7_000_000, limit: 6_291_556 },
            true,
            "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 bytes).\",\
             \"errorType\":\"Function.ResponseSizeTooLarge\"}",
        );
    }
}
