//! The platform's own events as JSON (Lambda guide, "Telemetry API event schema reference"), members in AWS's order.

use super::Trace;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;
use tinderbox_base::{RequestId, Timestamp};

/// The text of one event of the type `kind`.
pub fn event(time: Timestamp, kind: &str, record: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Event<'a, R> {
        time: String,
        #[serde(rename = "type")]
        kind: &'a str,
        record: R,
    }
    // Of structures like those below nothing can fail to be written.
    serde_json::to_string(&Event { time: time.to_rfc3339_millis(), kind, record }).unwrap_or_default()
}

/// An instance begins: the record of `platform.initStart`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitStart<'a> {
    /// Which.
    #[serde(flatten)]
    pub init: Init<'a>,
    /// Which interpreter runs it.
    pub runtime_version: &'a str,
    /// Its ARN.
    pub runtime_version_arn: &'a str,
    /// The function's name.
    pub function_name: &'a str,
    /// The version's.
    pub function_version: &'a str,
    /// The log stream.
    pub instance_id: &'a str,
    /// Bytes.
    pub instance_max_memory: u64,
}

/// Which initialisation it is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Init<'a> {
    /// What it is made for.
    pub initialization_type: &'a str,
    /// `init`, or `invoke` as part of an invocation.
    pub phase: &'a str,
}

/// An instance has initialised or failed to: the records of `platform.initRuntimeDone` and `platform.initReport`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitEnd<'a> {
    /// Which.
    #[serde(flatten)]
    pub init: Init<'a>,
    /// How it went.
    #[serde(flatten)]
    pub status: Status<'a>,
    /// What it took, in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<InitMetrics>,
}

/// An invocation begins: the record of `platform.start`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Start<'a> {
    /// The invocation.
    #[serde(serialize_with = "shown")]
    pub request_id: RequestId,
    /// The function, without a version.
    pub function_arn: &'a str,
    /// The version.
    pub version: &'a str,
    /// Its trace, if that is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracing: Option<Tracing<'a>>,
}

/// The code has handled its event: the record of `platform.runtimeDone`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeDone<'a> {
    /// The invocation.
    #[serde(serialize_with = "shown")]
    pub request_id: RequestId,
    /// How it went.
    #[serde(flatten)]
    pub status: Status<'a>,
    /// Its trace, if that is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracing: Option<Tracing<'a>>,
    /// What it took.
    pub metrics: RuntimeMetrics,
}

/// What an invocation took: the record of `platform.report`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    /// The invocation.
    #[serde(serialize_with = "shown")]
    pub request_id: RequestId,
    /// What it took.
    pub metrics: ReportMetrics,
    /// Its trace, if that is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracing: Option<Tracing<'a>>,
    /// How it went.
    #[serde(flatten)]
    pub status: Status<'a>,
}

/// How it went.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status<'a> {
    /// `success`, `error` or `timeout`.
    pub status: &'a str,
    /// The type of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_type: Option<&'a str>,
}

/// Times of an initialisation.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitMetrics {
    /// How long it took.
    #[serde(serialize_with = "millis")]
    pub duration_ms: Duration,
}

/// What the code took, and answered.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeMetrics {
    /// How long it took.
    #[serde(serialize_with = "millis")]
    pub duration_ms: Duration,
    /// Bytes of the answer.
    pub produced_bytes: u64,
}

/// What a report counts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReportMetrics {
    /// Time of the handler.
    #[serde(rename = "durationMs", serialize_with = "millis")]
    pub duration: Duration,
    /// Milliseconds that are billed.
    #[serde(rename = "billedDurationMs")]
    pub billed_ms: u64,
    /// The function's memory.
    #[serde(rename = "memorySizeMB")]
    pub memory_mib: u32,
    /// The most memory used.
    #[serde(rename = "maxMemoryUsedMB")]
    pub used_mib: u64,
    /// Time of the initialisation, for an instance's first invocation.
    #[serde(
        rename = "initDurationMs",
        serialize_with = "some_millis",
        skip_serializing_if = "Option::is_none"
    )]
    pub init: Option<Duration>,
}

/// The trace that an event belongs to.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tracing<'a> {
    /// The part of the trace.
    pub span_id: &'a str,
    /// What `value` is.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The whole header.
    pub value: &'a str,
}

impl<'a> From<Trace<'a>> for Tracing<'a> {
    fn from(trace: Trace<'a>) -> Self {
        Self { span_id: trace.segment, kind: "X-Amzn-Trace-Id", value: trace.header }
    }
}

/// The level that an event of the code's own names, which is a JSON object with a member `level` then.
pub fn level(text: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Leveled<'a> {
        #[serde(borrow)]
        level: Cow<'a, str>,
    }
    // Most text is no object, which is seen by its first character.
    let text = text.trim();
    let named: Leveled<'_> = text.starts_with('{').then(|| serde_json::from_str(text).ok())??;
    Some(named.level)
}

fn shown<S: serde::Serializer>(value: &RequestId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Milliseconds with at most three decimals.
fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Exact: no duration of an instance has so many microseconds that a double could not count them.
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}

fn some_millis<S: serde::Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    millis(&duration.unwrap_or_default(), serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_769_903_999_007);
    const INIT: Init<'static> = Init { initialization_type: "on-demand", phase: "init" };
    const SUCCESS: Status<'static> = Status { status: "success", error_type: None };

    fn request() -> RequestId {
        "6f747a00-0e2f-4c4b-9a3b-111111111111".parse().expect("an id")
    }

    fn check(kind: &str, record: impl Serialize, expect: &str) {
        let time = "2026-01-31T23:59:59.007Z";
        let expect = format!("{{\"time\":\"{time}\",\"type\":\"{kind}\",\"record\":{expect}}}");
        assert_eq!(event(NOW, kind, record), expect);
    }

    #[test]
    fn initialisations() {
        let start = InitStart {
            init: INIT,
            runtime_version: "nodejs:22.12.0",
            runtime_version_arn: "arn:aws:lambda:us-east-1::runtime:ab",
            function_name: "hello",
            function_version: "$LATEST",
            instance_id: "2026/01/31/[$LATEST]0123",
            instance_max_memory: 134_217_728,
        };
        check(
            "platform.initStart",
            start,
            r#"{"initializationType":"on-demand","phase":"init","runtimeVersion":"nodejs:22.12.0","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:ab","functionName":"hello","functionVersion":"$LATEST","instanceId":"2026/01/31/[$LATEST]0123","instanceMaxMemory":134217728}"#,
        );
        let done = InitEnd { init: INIT, status: SUCCESS, metrics: None };
        check(
            "platform.initRuntimeDone",
            done,
            r#"{"initializationType":"on-demand","phase":"init","status":"success"}"#,
        );
        let status = Status { status: "timeout", error_type: None };
        let metrics = Some(InitMetrics { duration_ms: Duration::from_micros(10_000_487) });
        check(
            "platform.initReport",
            InitEnd { init: INIT, status, metrics },
            r#"{"initializationType":"on-demand","phase":"init","status":"timeout","metrics":{"durationMs":10000.487}}"#,
        );
    }

    #[test]
    fn invocations() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:hello";
        let start = Start { request_id: request(), function_arn: arn, version: "$LATEST", tracing: None };
        check(
            "platform.start",
            start,
            r#"{"requestId":"6f747a00-0e2f-4c4b-9a3b-111111111111","functionArn":"arn:aws:lambda:us-east-1:123456789012:function:hello","version":"$LATEST"}"#,
        );
        let status = Status { status: "error", error_type: Some("Runtime.ExitError") };
        let metrics = RuntimeMetrics { duration_ms: Duration::from_micros(11_185), produced_bytes: 40 };
        let tracing = Trace::sampled("Root=1-a-b;Parent=c;Sampled=1").map(Into::into);
        check(
            "platform.runtimeDone",
            RuntimeDone { request_id: request(), status, tracing, metrics },
            r#"{"requestId":"6f747a00-0e2f-4c4b-9a3b-111111111111","status":"error","errorType":"Runtime.ExitError","tracing":{"spanId":"c","type":"X-Amzn-Trace-Id","value":"Root=1-a-b;Parent=c;Sampled=1"},"metrics":{"durationMs":11.185,"producedBytes":40}}"#,
        );
        let metrics = ReportMetrics {
            duration: Duration::from_secs(5),
            billed_ms: 5000,
            memory_mib: 128,
            used_mib: 94,
            init: Some(Duration::from_micros(463_512)),
        };
        let report = Report { request_id: request(), metrics, tracing: None, status: SUCCESS };
        check(
            "platform.report",
            report,
            r#"{"requestId":"6f747a00-0e2f-4c4b-9a3b-111111111111","metrics":{"durationMs":5000.0,"billedDurationMs":5000,"memorySizeMB":128,"maxMemoryUsedMB":94,"initDurationMs":463.512},"status":"success"}"#,
        );
        let metrics = ReportMetrics { init: None, ..metrics };
        assert!(!event(NOW, "platform.report", Report { metrics, ..report }).contains("init"));
    }

    #[test]
    fn levels() {
        fn check(text: &str, expect: Option<&str>) {
            assert_eq!(level(text).as_deref(), expect, "{text}");
        }
        check("{\"level\": \"debug\", \"msg\": 1}\n", Some("debug"));
        check(" {\"level\":\"\\u0045RROR\"}", Some("ERROR"));
        check("{\"level\": 3}", None);
        check("{\"msg\": 1}", None);
        check("{\"level\": \"ERROR\"", None);
        check("[\"level\"]", None);
        check("level", None);
        check("", None);
    }
}
