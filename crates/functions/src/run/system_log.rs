//! What the platform writes to the log of one version, in the form and from the level on that its owner chose.

use super::outcome::Failure;
use crate::logs::{Trace, json, text};
use crate::model::{ApplicationLogLevel, Function, LogFormat, SystemLogLevel};
use serde::Serialize;
use std::time::Duration;
use tinderbox_base::{Memory, RequestId, Timestamp};
use tinderbox_engine::{Level, Phase};

/// How all instances come here.
const INITIALIZATION_TYPE: &str = "on-demand";
const SUCCESS: json::Status<'static> = json::Status { status: "success", error_type: None };

/// Words the events of one version.
pub(crate) struct SystemLog {
    format: LogFormat,
    function: String,
    arn: String,
    version: String,
    memory: Memory,
    /// Which interpreter runs it, and the ARN of that.
    runtime: (String, String),
}

/// An invocation that ended.
pub(crate) struct Ended<'a> {
    pub(crate) request: RequestId,
    pub(crate) duration: Duration,
    pub(crate) billed: Duration,
    pub(crate) init: Option<Duration>,
    /// Bytes.
    pub(crate) memory_peak: u64,
    /// Bytes that were answered.
    pub(crate) produced: u64,
    pub(crate) failure: Option<&'a Failure>,
    pub(crate) trace: Option<&'a str>,
}

impl SystemLog {
    /// The log of `function`, which `runtime` runs.
    pub(crate) fn new(function: &Function, runtime: (String, String)) -> Self {
        Self {
            format: function.configuration.logging.format,
            function: function.name.to_string(),
            arn: function.arn().to_string(),
            version: function.version().to_string(),
            memory: function.configuration.memory,
            runtime,
        }
    }

    /// The version's name.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Whether what is told of initialisations belongs to the tail of the first invocation, also where they succeed.
    pub(super) fn tells_of_init(&self) -> bool {
        self.format != LogFormat::Text
    }

    /// Whether what the code wrote is kept.
    pub(super) fn keeps(&self, level: Option<Level>, text: &str) -> bool {
        match self.format {
            LogFormat::Text => true,
            LogFormat::Json { application, .. } => {
                let named = || json::level(text).and_then(|name| ApplicationLogLevel::named(&name));
                // AWS: what has no level is taken for information.
                level.map(Into::into).or_else(named).unwrap_or_default() >= application
            }
        }
    }

    /// An instance begins, whose log stream is `stream`.
    pub(super) fn init_start(&self, now: Timestamp, stream: &str) -> Vec<String> {
        let (runtime_version, runtime_version_arn) = (self.runtime.0.as_str(), self.runtime.1.as_str());
        let Some(mut events) = self.events(now) else {
            return vec![text::init_start(runtime_version, runtime_version_arn)];
        };
        let record = json::InitStart {
            init: init(Phase::Init),
            runtime_version,
            runtime_version_arn,
            function_name: &self.function,
            function_version: &self.version,
            instance_id: stream,
            instance_max_memory: u64::from(self.memory.mib()) << 20,
        };
        events.add(SystemLogLevel::Info, "platform.initStart", record);
        events.told
    }

    /// An instance has initialised.
    pub(super) fn init_done(&self, now: Timestamp, phase: Phase, duration: Duration) -> Vec<String> {
        self.events(now).map_or_else(Vec::new, |events| events.of_init(phase, duration, SUCCESS))
    }

    /// An instance's initialisation failed.
    pub(super) fn init_failed(
        &self,
        now: Timestamp,
        phase: Phase,
        duration: Duration,
        failure: Option<&Failure>,
    ) -> Vec<String> {
        let status = status(failure);
        match self.events(now) {
            Some(events) => events.of_init(phase, duration, status),
            None => vec![text::init_report(duration, phase_name(phase), status.status, status.error_type)],
        }
    }

    /// An invocation begins.
    pub(crate) fn start(&self, now: Timestamp, request: RequestId, trace: Option<&str>) -> Vec<String> {
        let Some(mut events) = self.events(now) else { return vec![text::start(request, &self.version)] };
        let record = json::Start {
            request_id: request,
            function_arn: &self.arn,
            version: &self.version,
            tracing: trace.and_then(Trace::sampled).map(Into::into),
        };
        events.add(SystemLogLevel::Info, "platform.start", record);
        events.told
    }

    /// An invocation ended.
    pub(crate) fn end(&self, now: Timestamp, ended: &Ended<'_>) -> Vec<String> {
        let trace = ended.trace.and_then(Trace::sampled);
        match self.events(now) {
            Some(events) => self.end_as_json(events, ended, trace),
            None => self.end_as_text(now, ended, trace),
        }
    }

    fn end_as_text(&self, now: Timestamp, ended: &Ended<'_>, trace: Option<Trace<'_>>) -> Vec<String> {
        let Ended { request, duration, billed, init, memory_peak, failure, .. } = *ended;
        let mut lines = Vec::with_capacity(3);
        if let Some(failure) = failure.filter(|failure| failure.is_told) {
            lines.push(match failure.status {
                "timeout" => text::timed_out_line(now, request, &failure.message),
                _ => text::failed_line(request, &failure.message, &failure.kind),
            });
        }
        lines.push(text::end(request));
        let status = failure.map(|failure| status(Some(failure)));
        lines.push(text::report(&text::ReportLine {
            request,
            duration,
            billed,
            memory: self.memory,
            used: memory_peak,
            init,
            status: status.map(|s| s.status),
            error: status.and_then(|s| s.error_type),
            trace,
        }));
        lines
    }

    fn end_as_json(&self, mut events: Events, ended: &Ended<'_>, trace: Option<Trace<'_>>) -> Vec<String> {
        let (request_id, tracing) = (ended.request, trace.map(Into::into));
        let status = status(ended.failure);
        let failed = ended.failure.map(|_| SystemLogLevel::Warn);
        let done = json::RuntimeDone {
            request_id,
            status,
            tracing,
            metrics: json::RuntimeMetrics { duration_ms: ended.duration, produced_bytes: ended.produced },
        };
        events.add(failed.unwrap_or(SystemLogLevel::Debug), "platform.runtimeDone", done);
        let metrics = json::ReportMetrics {
            duration: ended.duration,
            billed_ms: u64::try_from(ended.billed.as_millis()).unwrap_or(u64::MAX),
            memory_mib: self.memory.mib(),
            used_mib: text::used_mib(ended.memory_peak, self.memory),
            init: ended.init,
        };
        let report = json::Report { request_id, metrics, tracing, status };
        events.add(failed.unwrap_or(SystemLogLevel::Info), "platform.report", report);
        events.told
    }

    /// Where events are JSON, those of the moment `now`, of which there are none yet.
    fn events(&self, now: Timestamp) -> Option<Events> {
        match self.format {
            LogFormat::Text => None,
            LogFormat::Json { system, .. } => Some(Events { now, least: system, told: Vec::new() }),
        }
    }
}

/// Events from a level on.
struct Events {
    now: Timestamp,
    least: SystemLogLevel,
    told: Vec<String>,
}

impl Events {
    fn add(&mut self, level: SystemLogLevel, kind: &str, record: impl Serialize) {
        if level >= self.least {
            self.told.push(json::event(self.now, kind, record));
        }
    }

    fn of_init(mut self, phase: Phase, duration: Duration, status: json::Status<'_>) -> Vec<String> {
        let level =
            if status.status == SUCCESS.status { SystemLogLevel::Debug } else { SystemLogLevel::Warn };
        let done = json::InitEnd { init: init(phase), status, metrics: None };
        self.add(level, "platform.initRuntimeDone", done);
        let metrics = Some(json::InitMetrics { duration_ms: duration });
        self.add(level, "platform.initReport", json::InitEnd { metrics, ..done });
        self.told
    }
}

/// How it went; the type of what took too long is not told.
fn status(failure: Option<&Failure>) -> json::Status<'_> {
    failure.map_or(SUCCESS, |failure| json::Status {
        status: failure.status,
        error_type: Some(failure.kind.as_str()).filter(|_| failure.status == "error"),
    })
}

fn init(phase: Phase) -> json::Init<'static> {
    json::Init { initialization_type: INITIALIZATION_TYPE, phase: phase_name(phase) }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Init => "init",
        Phase::Invoke => "invoke",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::function;

    fn log(application: ApplicationLogLevel, system: SystemLogLevel) -> SystemLog {
        let mut function = function("python3.12", &[]);
        function.configuration.logging.format = LogFormat::Json { application, system };
        SystemLog::new(&function, ("python:3.12.1".into(), "arn:x".into()))
    }

    #[test]
    fn levels_of_the_platforms_events() {
        fn check(system: SystemLogLevel, succeeded: &[&str], failed: &[&str]) {
            let log = log(ApplicationLogLevel::Info, system);
            let (now, took) = (Timestamp::default(), Duration::from_millis(1));
            let request = RequestId::new(&tinderbox_base::SeededRandom::new(1));
            let kind = "Runtime.ExitError".into();
            let failure = Failure { kind, message: String::new(), status: "error", is_told: true };
            let run = |failure: Option<&Failure>| {
                let ended = Ended {
                    request,
                    duration: took,
                    billed: took,
                    init: None,
                    memory_peak: 0,
                    produced: 0,
                    failure,
                    trace: None,
                };
                let init = match failure {
                    None => log.init_done(now, Phase::Init, took),
                    Some(_) => log.init_failed(now, Phase::Init, took, failure),
                };
                let events =
                    [log.init_start(now, "s"), init, log.start(now, request, None), log.end(now, &ended)];
                let kind = |event: &String| {
                    let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
                    event["type"].as_str().and_then(|kind| kind.strip_prefix("platform.")).map(str::to_owned)
                };
                events.concat().iter().filter_map(kind).collect::<Vec<_>>()
            };
            assert_eq!(run(None), succeeded, "{system:?}");
            assert_eq!(run(Some(&failure)), failed, "{system:?}");
        }
        let all = ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"];
        check(SystemLogLevel::Debug, &all, &all);
        check(SystemLogLevel::Info, &["initStart", "start", "report"], &all);
        check(SystemLogLevel::Warn, &[], &["initRuntimeDone", "initReport", "runtimeDone", "report"]);
    }

    #[test]
    fn levels_of_the_codes_events() {
        fn check(least: ApplicationLogLevel, level: Option<Level>, text: &str, expect: bool) {
            let log = log(least, SystemLogLevel::Info);
            assert_eq!(log.keeps(level, text), expect, "{least:?} {level:?} {text}");
        }
        use ApplicationLogLevel as A;
        check(A::Info, None, "plain\n", true);
        check(A::Warn, None, "plain\n", false);
        check(A::Warn, Some(Level::Warn), "plain\n", true);
        check(A::Warn, Some(Level::Info), "{\"level\":\"ERROR\"}", false);
        check(A::Info, None, "{\"level\":\"debug\"}\n", false);
        check(A::Debug, None, "{\"level\":\"debug\"}\n", true);
        check(A::Error, None, "{\"level\":\"CRITICAL\"}\n", true);
        check(A::Info, None, "{\"level\":\"whatever\"}\n", true);
    }

    #[test]
    fn text_has_no_levels() {
        let log = SystemLog::new(&function("python3.12", &[]), ("python:3.12.1".into(), "arn:x".into()));
        let (now, took) = (Timestamp::default(), Duration::from_millis(1));
        assert!(log.keeps(Some(Level::Trace), "plain"));
        assert_eq!(log.init_done(now, Phase::Init, took), [""; 0]);
        assert!(log.init_start(now, "s")[0].starts_with("INIT_START "));
        assert!(log.init_failed(now, Phase::Invoke, took, None)[0].contains("\tPhase: invoke\t"));
    }
}
