//! Hears what a version's instances do and writes the function's log.

use super::environment::credentials;
use super::outcome::failure;
use super::tails::Tails;
use super::writers::Writer;
use crate::code::CodeDir;
use crate::logs::{Tail, stream_name, text};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tinderbox_base::{AccountId, Clock, LogLine, LogOrigin, LogSink, Memory, Random, Region, RequestId};
use tinderbox_engine::{InstanceEvent, InstanceFacts, InstanceId, InstanceInfo, Observer, Outcome, Report};

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
    /// Which version it is.
    pub(super) name: String,
    pub(super) memory: Memory,
    pub(super) timeout: Duration,
    /// The line that INIT_START prints.
    pub(super) init_start: String,
    /// Streams of the instances that live.
    pub(super) streams: Mutex<HashMap<InstanceId, Arc<str>>>,
    /// The last lines of instances that initialise, or failed to: the tail of the request that waits
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
                self.write(instance, None, vec![self.init_start.clone()]);
            }
            InstanceEvent::InitDone { .. } => {
                self.early().remove(&instance.id);
            }
            InstanceEvent::InitFailed { outcome, duration } => {
                let failure = failure(outcome, self.timeout);
                let (status, kind) =
                    failure.as_ref().map_or(("error", None), |f| (f.status, Some(f.kind.as_str())));
                self.write(instance, None, vec![text::init_report(duration, status, kind)]);
            }
            InstanceEvent::Line { time, level: _, text, request } => {
                if let Some(request) = request {
                    self.tails.push(request, text);
                } else if let Some(early) = self.early().get_mut(&instance.id) {
                    early.push(text);
                }
                self.append(instance, LogOrigin::Function, vec![LogLine { time, message: text.to_owned() }]);
            }
            InstanceEvent::Start { request } => {
                self.write(instance, Some(request), vec![text::start(request, &self.name)]);
                let early = self.early().remove(&instance.id).map(Tail::into_bytes);
                if let Some(early) = early.filter(|early| !early.is_empty()) {
                    self.tails.push(request, String::from_utf8_lossy(&early).trim_end_matches('\n'));
                }
            }
            InstanceEvent::End { request, report, outcome } => {
                self.write(instance, Some(request), self.last_lines(request, report, outcome));
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
    /// What the platform writes once an invocation has ended.
    fn last_lines(&self, request: RequestId, report: &Report, outcome: &Outcome) -> Vec<String> {
        let failure = failure(outcome, self.timeout);
        let mut lines = Vec::with_capacity(3);
        match (outcome, &failure) {
            (Outcome::TimedOut, _) => {
                lines.push(text::timed_out_line(self.clock.now(), request, self.timeout))
            }
            (Outcome::InitTimedOut { limit }, _) => {
                lines.push(text::timed_out_line(self.clock.now(), request, *limit));
            }
            (Outcome::InitError { .. } | Outcome::ResponseTooLarge { .. }, _) | (_, None) => {}
            (_, Some(failure)) => lines.push(text::failed_line(request, &failure.message, &failure.kind)),
        }
        lines.push(text::end(request));
        let status = failure.as_ref().map(|f| f.status);
        lines.push(text::report(&text::ReportLine {
            request,
            duration: report.duration,
            billed: report.billed,
            memory: self.memory,
            used: report.memory_peak,
            init: report.init,
            status,
            error: failure.as_ref().filter(|f| f.status == "error").map(|f| f.kind.as_str()),
        }));
        lines
    }

    /// Writes lines of the platform's own, now.
    fn write(&self, instance: &InstanceInfo, request: Option<RequestId>, lines: Vec<String>) {
        let time = self.clock.now();
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
        let name = || stream_name(instance.started, &self.owner, &self.name, instance.id).into();
        self.streams().entry(instance.id).or_insert_with(name).clone()
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<InstanceId, Arc<str>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
