//! Hears what a version's instances do and writes the function's log.

use super::environment::credentials;
use super::outcome::failure;
use super::system_log::{Ended, SystemLog};
use super::tails::Tails;
use super::writers::Writer;
use crate::code::CodeDir;
use crate::logs::{Tail, stream_name};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tinderbox_base::{AccountId, Clock, LogLine, LogOrigin, LogSink, Random, Region, RequestId, Timestamp};
use tinderbox_engine::{InstanceEvent, InstanceFacts, InstanceId, InstanceInfo, Observer, Outcome};

/// The log of one version's instances, a stream each.
pub(super) struct FunctionLog {
    pub(super) sink: Arc<dyn LogSink>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) tails: Arc<Tails>,
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) group: String,
    /// Whose streams they are, where that is part of their names.
    pub(super) owner: String,
    pub(super) timeout: Duration,
    /// Words what the platform writes.
    pub(super) system: SystemLog,
    /// Streams of the instances that live.
    pub(super) streams: Mutex<HashMap<InstanceId, Arc<str>>>,
    /// The last events of instances that initialise, or failed to: the tail of the request that waits
    /// for one shows why it failed.
    pub(super) early: Mutex<HashMap<InstanceId, Tail>>,
    /// Tells that there may be more lines.
    pub(super) _writer: Writer,
    /// Keeps the code where instances see it, as long as there can be one.
    pub(super) _code: Arc<CodeDir>,
}

impl Observer for FunctionLog {
    fn instance(&self, instance: &InstanceInfo) -> InstanceFacts {
        let stream = self.stream(instance);
        let mut env = credentials(instance.id, &*self.random);
        env.push(("AWS_LAMBDA_LOG_STREAM_NAME".into(), stream.as_ref().into()));
        let load = [("log_stream".to_owned(), stream.as_ref().into())].into_iter().collect();
        InstanceFacts { load, env }
    }

    fn event(&self, instance: &InstanceInfo, event: InstanceEvent<'_>) {
        match event {
            InstanceEvent::InitStart => {
                self.early().insert(instance.id, Tail::default());
                let now = self.clock.now();
                let started = self.system.init_start(now, &self.stream(instance));
                if self.system.tells_of_init() {
                    self.note(instance, &started);
                }
                self.write(instance, None, now, started);
            }
            InstanceEvent::InitDone { phase, duration } => {
                let now = self.clock.now();
                let done = self.system.init_done(now, phase, duration);
                if self.system.tells_of_init() {
                    self.note(instance, &done);
                } else {
                    self.early().remove(&instance.id);
                }
                self.write(instance, None, now, done);
            }
            InstanceEvent::InitFailed { phase, outcome, duration } => {
                let (now, failure) = (self.clock.now(), failure(outcome, self.timeout));
                let failed = self.system.init_failed(now, phase, duration, failure.as_ref());
                self.note(instance, &failed);
                self.write(instance, None, now, failed);
            }
            InstanceEvent::Line { time, level, text, request } => {
                if !self.system.keeps(level, text) {
                    return;
                }
                match request {
                    Some(request) => self.tails.push(request, text),
                    None => self.note(instance, &[text]),
                }
                self.append(instance, LogOrigin::Function, vec![LogLine { time, message: text.to_owned() }]);
            }
            InstanceEvent::Start { request, trace } => {
                let early = self.early().remove(&instance.id).filter(|early| !early.is_empty());
                if let Some(early) = early.map(Tail::into_bytes) {
                    self.tails.push(request, &String::from_utf8_lossy(&early));
                }
                let now = self.clock.now();
                self.write(instance, Some(request), now, self.system.start(now, request, trace));
            }
            InstanceEvent::End { request, trace, report, outcome } => {
                let (now, failure) = (self.clock.now(), failure(outcome, self.timeout));
                let ended = Ended {
                    request,
                    duration: report.duration,
                    billed: report.billed,
                    init: report.init,
                    memory_peak: report.memory_peak,
                    produced: produced(outcome),
                    failure: failure.as_ref(),
                    trace,
                };
                self.write(instance, Some(request), now, self.system.end(now, &ended));
                self.tails.finish(request);
            }
            InstanceEvent::Ended { .. } => {
                self.early().remove(&instance.id);
                self.streams().remove(&instance.id);
            }
        }
    }
}

impl FunctionLog {
    /// Keeps events for the tail of an instance's first invocation, if that has not begun.
    fn note(&self, instance: &InstanceInfo, events: &[impl AsRef<str>]) {
        if let Some(early) = self.early().get_mut(&instance.id) {
            events.iter().for_each(|event| early.push(event.as_ref()));
        }
    }

    /// Writes events of the platform's own.
    fn write(
        &self,
        instance: &InstanceInfo,
        request: Option<RequestId>,
        time: Timestamp,
        lines: Vec<String>,
    ) {
        if lines.is_empty() {
            return;
        }
        if let Some(request) = request {
            lines.iter().for_each(|line| self.tails.push(request, line));
        }
        let lines = lines.into_iter().map(|message| LogLine { time, message }).collect();
        self.append(instance, LogOrigin::Platform, lines);
    }

    fn early(&self) -> MutexGuard<'_, HashMap<InstanceId, Tail>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, instance: &InstanceInfo, origin: LogOrigin, lines: Vec<LogLine>) {
        let stream = self.stream(instance);
        self.sink.append(&self.account, &self.region, &self.group, &stream, origin, lines);
    }

    /// The instance's stream, named when it is first asked for.
    fn stream(&self, instance: &InstanceInfo) -> Arc<str> {
        let name = || stream_name(instance.started, &self.owner, self.system.version(), instance.id).into();
        self.streams().entry(instance.id).or_insert_with(name).clone()
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<InstanceId, Arc<str>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that were answered.
fn produced(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Success(body) | Outcome::HandlerError { body, .. } | Outcome::InitError { body, .. } => {
            body.len() as u64
        }
        Outcome::Streamed { size } => *size,
        _ => 0,
    }
}
