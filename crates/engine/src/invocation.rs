//! One invocation: what is asked, what comes of it, and what it costs.

use crate::{InstanceInfo, StreamSender, Version};
use bytes::Bytes;
use std::{fmt, sync::Arc, time::Duration};
use tinderbox_base::{Caller, Error, Monotonic, RequestId};

/// The largest response of an invocation, in bytes (AWS's message names this number: 6 MiB and 100 bytes).
pub const MAX_RESPONSE_BYTES: u64 = 6_291_556;

/// A request to run a version once.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What runs; resolved by the caller.
    pub version: Arc<Version>,
    /// The invocation's id: told to the code, written to the log.
    pub request_id: RequestId,
    /// The event, opaque to the engine.
    pub payload: Bytes,
    /// Who calls.
    pub caller: Caller,
    /// The moment after which nobody wants the answer: a request that still waits then is not started.
    pub deadline: Option<Monotonic>,
    /// The name by which it was invoked, told to the code; opaque to the engine.
    pub arn: String,
    /// The caller's context as JSON text, told to the code.
    pub client_context: Option<String>,
    /// The trace header, told to the code.
    pub trace: Option<String>,
    /// Where the answer's parts go if the handler answers in parts; without it they are put together.
    pub stream: Option<StreamSender>,
}

/// Where the instance came from that served a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartKind {
    /// It had served before.
    Warm,
    /// It was initialised and had not served yet.
    Spare,
    /// It was forked from the version's template.
    Fork,
    /// A generic instance stood ready and loaded the code.
    Stem,
    /// A process was started.
    Spawn,
}

impl StartKind {
    /// The value of the response's header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Spare => "spare",
            Self::Fork => "fork",
            Self::Stem => "stem",
            Self::Spawn => "spawn",
        }
    }
}

impl fmt::Display for StartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The handler answered with this JSON.
    Success(Bytes),
    /// The handler answered in parts, which its caller has got.
    Streamed {
        /// Bytes of all of them.
        size: u64,
    },
    /// The handler failed.
    HandlerError {
        /// The error's type, such as `KeyError`.
        kind: String,
        /// The error as the runtime reports it, JSON.
        body: Bytes,
    },
    /// The version's code could not be initialised.
    InitError {
        /// The error's type, such as `Runtime.ImportModuleError`.
        kind: String,
        /// The error as the runtime reports it, JSON.
        body: Bytes,
    },
    /// The version's timeout passed; the instance was killed.
    TimedOut,
    /// Initialisation took longer than the limit; the instance was killed.
    InitTimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The process ended without an answer; [`Report::phase`] tells when.
    Exited {
        /// Its exit code, if it ended by itself.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
    /// The kernel ended it at its memory limit.
    OutOfMemory,
    /// The handler's response is larger than [`MAX_RESPONSE_BYTES`], or in parts than [`crate::MAX_STREAM_BYTES`].
    ResponseTooLarge {
        /// Its size in bytes, as far as it was counted.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The version's own program could not be started.
    StartFailed {
        /// Why, for the log.
        reason: String,
    },
    /// The process broke the protocol; the instance was killed.
    Broken {
        /// What it did, for the log.
        what: &'static str,
    },
}

/// What an invocation was doing when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Loading the version's code.
    Init,
    /// Running the handler.
    Invoke,
}

/// What an invocation took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Handler time; exactly the timeout when it timed out; for a failed initialisation, its time.
    pub duration: Duration,
    /// Duration rounded up to the billing increment.
    pub billed: Duration,
    /// Time of the initialisation, on the first invocation of an instance.
    pub init: Option<Duration>,
    /// The most memory the instance has used so far, in bytes; zero when unknown.
    pub memory_peak: u64,
    /// Time spent thawing the instance, if it was frozen. Not billed.
    pub thaw: Option<Duration>,
    /// Where it ended.
    pub phase: Phase,
}

/// What the caller of an invocation gets.
#[derive(Clone, Debug)]
pub struct Response {
    /// How it ended.
    pub outcome: Outcome,
    /// Where the instance came from.
    pub start: StartKind,
    /// What it took.
    pub report: Report,
    /// The instance that served it.
    pub instance: Arc<InstanceInfo>,
}

/// Which limit refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThrottleReason {
    /// The account's concurrency, less what is reserved, is in use.
    Account,
    /// The group's reserved concurrency is in use, or is zero.
    Reserved,
    /// The host has no room for another instance.
    Capacity,
}

/// Why a request was not run. Nothing was billed.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// A limit is reached.
    #[error("concurrency limit reached: {reason:?}")]
    Throttled {
        /// Which limit.
        reason: ThrottleReason,
    },
    /// The version was retired between its resolution and now: resolve again and repeat.
    #[error("the version was retired")]
    Retired,
    /// The invocation's deadline passed while it waited.
    #[error("the deadline passed before the invocation started")]
    Expired,
    /// No instance could be made, or the engine is draining.
    #[error("no instance can be made: {0}")]
    Unavailable(Error),
}
