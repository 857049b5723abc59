//! How the provider's side hears what instances do.

use crate::{Outcome, Phase, Report, StartKind};
use serde_json::{Map, Value};
use std::{fmt, time::Duration};
use tinderbox_base::{Random, RequestId, Timestamp};

/// Names an instance: 128 random bits, printed as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId([u8; 16]);

impl InstanceId {
    /// A new id drawn from `random`.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(bytes)
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// What never changes about an instance that has its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceInfo {
    /// Its name.
    pub id: InstanceId,
    /// How it came to be: [`StartKind::Stem`] or [`StartKind::Spawn`].
    pub start: StartKind,
    /// When it got its version.
    pub started: Timestamp,
}

/// What an [`Observer`] adds to an instance before it initialises.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceFacts {
    /// Members merged into the LOAD frame's head.
    pub load: Map<String, Value>,
    /// Variables merged into the head's `env` object and, for a spawned process, its environment.
    pub env: Vec<(String, String)>,
}

/// The level a runtime gave a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// TRACE
    Trace,
    /// DEBUG
    Debug,
    /// INFO
    Info,
    /// WARN
    Warn,
    /// ERROR
    Error,
    /// FATAL
    Fatal,
}

/// Why an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// It was idle for too long.
    Idle,
    /// It reached the age at which instances are replaced.
    Age,
    /// Its version was retired.
    Retired,
    /// Its place was needed for another.
    Evicted,
    /// It failed to initialise.
    InitFailed,
    /// It ended by itself, or was killed for its time, memory or protocol.
    Failed,
    /// The engine shut down.
    Drained,
}

/// One thing that happened in an instance.
#[derive(Debug)]
pub enum InstanceEvent<'a> {
    /// It got its version and starts to initialise.
    InitStart,
    /// It has initialised.
    InitDone {
        /// Whether it did so on its own or, when that had taken too long, as part of an invocation.
        phase: Phase,
        /// How long it took.
        duration: Duration,
    },
    /// It failed to initialise. Where that took too long, it is tried once more; otherwise a waiting request, if there is
    /// one, follows with `Start` and `End`.
    InitFailed {
        /// Whether it did so on its own or, when that had taken too long, as part of an invocation.
        phase: Phase,
        /// How.
        outcome: &'a Outcome,
        /// How long it took.
        duration: Duration,
    },
    /// It wrote a line, or one event of several lines.
    Line {
        /// When.
        time: Timestamp,
        /// The level its runtime gave it.
        level: Option<Level>,
        /// The text with its final newline, if that was written; at most 256 KiB.
        text: &'a str,
        /// The invocation that was running.
        request: Option<RequestId>,
    },
    /// An invocation starts.
    Start {
        /// Which.
        request: RequestId,
        /// Its trace header, if it is known.
        trace: Option<&'a str>,
    },
    /// An invocation ended, after all its lines.
    End {
        /// Which.
        request: RequestId,
        /// Its trace header, if it is known.
        trace: Option<&'a str>,
        /// What it took.
        report: &'a Report,
        /// How it ended.
        outcome: &'a Outcome,
    },
    /// The instance is gone. The last event.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// Hears what the instances of a version do.
///
/// Events of one instance come in order, those of several at once. Both methods run on the way of an
/// invocation: they must neither block nor wait.
pub trait Observer: Send + Sync {
    /// What to add to an instance that is about to get its version. No event follows if none can be made.
    fn instance(&self, instance: &InstanceInfo) -> InstanceFacts;

    /// Something happened.
    fn event(&self, instance: &InstanceInfo, event: InstanceEvent<'_>);
}
