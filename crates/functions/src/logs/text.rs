//! The platform's own events as text, as AWS prints them, tabs and newlines included.

use super::Trace;
use std::time::Duration;
use tinderbox_base::{Memory, RequestId, Timestamp};

/// Milliseconds with two decimals, as every line shows durations.
pub fn millis(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}

/// An instance begins; `runtime` tells which interpreter runs it.
pub fn init_start(runtime: &str, arn: &str) -> String {
    format!("INIT_START Runtime Version: {runtime}\tRuntime Version ARN: {arn}\n")
}

/// An instance's initialisation failed in this phase.
pub fn init_report(duration: Duration, phase: &str, status: &str, error: Option<&str>) -> String {
    let error = error.map(|e| format!("\tError Type: {e}")).unwrap_or_default();
    format!("INIT_REPORT Init Duration: {} ms\tPhase: {phase}\tStatus: {status}{error}\n", millis(duration))
}

/// An invocation begins.
pub fn start(request: RequestId, version: &str) -> String {
    format!("START RequestId: {request} Version: {version}\n")
}

/// An invocation ended.
pub fn end(request: RequestId) -> String {
    format!("END RequestId: {request}\n")
}

/// What an invocation's report says.
#[derive(Clone, Copy, Debug)]
pub struct ReportLine<'a> {
    /// The invocation.
    pub request: RequestId,
    /// Time of the handler.
    pub duration: Duration,
    /// The time that is billed.
    pub billed: Duration,
    /// The function's memory.
    pub memory: Memory,
    /// The most memory used, in bytes.
    pub used: u64,
    /// Time of the initialisation, for an instance's first invocation.
    pub init: Option<Duration>,
    /// `timeout` or `error`, for an invocation that did not reach its own end.
    pub status: Option<&'a str>,
    /// The type of that error.
    pub error: Option<&'a str>,
    /// Its trace, if it is recorded.
    pub trace: Option<Trace<'a>>,
}

/// The megabytes that a report says were used.
pub fn used_mib(used: u64, memory: Memory) -> u64 {
    // A page more than the limit is bookkeeping of the kernel's, not something the owner can use.
    used.div_ceil(1024 * 1024).min(u64::from(memory.mib()))
}

/// What an invocation took.
pub fn report(line: &ReportLine<'_>) -> String {
    use std::fmt::Write;
    let mut text = format!(
        "REPORT RequestId: {}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
        line.request,
        millis(line.duration),
        line.billed.as_millis(),
        line.memory.mib(),
        used_mib(line.used, line.memory),
    );
    // Writing to a string does not fail.
    if let Some(init) = line.init {
        let _ = write!(text, "Init Duration: {} ms\t", millis(init));
    }
    // Where there is a status, no tab comes after the last one.
    if let Some(status) = line.status {
        let _ = write!(text, "Status: {status}");
    }
    if let Some(error) = line.error {
        let _ = write!(text, "\tError Type: {error}");
    }
    text.push('\n');
    if let Some(Trace { id, segment, .. }) = line.trace {
        let _ = writeln!(text, "XRAY TraceId: {id}\tSegmentId: {segment}\tSampled: true\t");
    }
    text
}

/// The sentence for an invocation that took too long, without the request it names.
pub fn timed_out(timeout: Duration) -> String {
    format!("Task timed out after {:.2} seconds", timeout.as_secs_f64())
}

/// The line for an invocation that took too long, with the sentence for it.
pub fn timed_out_line(now: Timestamp, request: RequestId, sentence: &str) -> String {
    format!("{now} {request} {sentence}\n\n")
}

/// The sentence for a process that ended before it answered.
pub fn exited(code: Option<i32>, signal: Option<i32>) -> String {
    match (code, signal) {
        (Some(0), _) | (None, None) => "Runtime exited without providing a reason".into(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
    }
}

/// The sentence for a program of the function's own that could not be started, in the words of Go's runtime.
pub fn not_started(reason: &str) -> String {
    format!("fork/exec /var/task/bootstrap: {reason}")
}

/// The line for an invocation whose process failed: what happened, and on a second line its type.
pub fn failed_line(request: RequestId, message: &str, kind: &str) -> String {
    format!("RequestId: {request} Error: {message}\n{kind}\n")
}

/// Signals in the words that AWS uses, which are those of Go's runtime.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        31 => "bad system call",
        other => return format!("signal {other}"),
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> RequestId {
        "6f747a00-0e2f-4c4b-9a3b-111111111111".parse().expect("an id")
    }

    #[test]
    fn reports() {
        fn check(change: impl FnOnce(&mut ReportLine<'_>), expect: &str) {
            let mut line = ReportLine {
                request: request(),
                duration: Duration::from_micros(1234),
                billed: Duration::from_millis(100),
                memory: Memory::MIN,
                used: 38 * 1024 * 1024 - 5,
                init: None,
                status: None,
                error: None,
                trace: None,
            };
            change(&mut line);
            let id = "REPORT RequestId: 6f747a00-0e2f-4c4b-9a3b-111111111111";
            assert_eq!(report(&line), format!("{id}\t{expect}\n"));
        }
        let warm =
            "Duration: 1.23 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\tMax Memory Used: 38 MB\t";
        check(|_| (), warm);
        check(|l| l.init = Some(Duration::from_micros(9118)), &format!("{warm}Init Duration: 9.12 ms\t"));
        check(|l| l.status = Some("timeout"), &format!("{warm}Status: timeout"));
        check(
            |l| {
                l.status = Some("error");
                l.error = Some("Runtime.ExitError");
            },
            &format!("{warm}Status: error\tError Type: Runtime.ExitError"),
        );
        check(
            |l| {
                l.trace = Trace::sampled(
                    "Root=1-5d83c0ad-b8eb33a0b1de97d804fac890;Parent=31255c3b19bd3637;Sampled=1",
                )
            },
            &format!(
                "{warm}\nXRAY TraceId: 1-5d83c0ad-b8eb33a0b1de97d804fac890\tSegmentId: 31255c3b19bd3637\tSampled: true\t"
            ),
        );
        check(|l| l.used = 129 * 1024 * 1024, &warm.replace("Used: 38 MB", "Used: 128 MB"));
    }

    #[test]
    fn lines() {
        let id = "6f747a00-0e2f-4c4b-9a3b-111111111111";
        assert_eq!(start(request(), "$LATEST"), format!("START RequestId: {id} Version: $LATEST\n"));
        assert_eq!(end(request()), format!("END RequestId: {id}\n"));
        assert_eq!(
            timed_out_line(
                Timestamp::from_millis(1_769_903_999_007),
                request(),
                &timed_out(Duration::from_secs(1))
            ),
            format!("2026-01-31T23:59:59.007Z {id} Task timed out after 1.00 seconds\n\n")
        );
        assert_eq!(
            init_start("python:3.11.7", "arn:aws:lambda:us-east-1::runtime:ab"),
            "INIT_START Runtime Version: python:3.11.7\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:ab\n"
        );
        assert_eq!(
            init_report(Duration::from_millis(3), "init", "error", Some("Runtime.ImportModuleError")),
            "INIT_REPORT Init Duration: 3.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n"
        );
        assert_eq!(
            init_report(Duration::from_secs(10), "invoke", "timeout", None),
            "INIT_REPORT Init Duration: 10000.00 ms\tPhase: invoke\tStatus: timeout\n"
        );
        assert_eq!(
            failed_line(request(), &exited(Some(1), None), "Runtime.ExitError"),
            format!("RequestId: {id} Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n")
        );
    }

    #[test]
    fn ways_to_exit() {
        fn check(code: Option<i32>, signal: Option<i32>, expect: &str) {
            assert_eq!(exited(code, signal), expect);
        }
        check(Some(0), None, "Runtime exited without providing a reason");
        check(Some(127), None, "Runtime exited with error: exit status 127");
        check(None, Some(9), "Runtime exited with error: signal: killed");
        check(None, Some(11), "Runtime exited with error: signal: segmentation fault");
        check(None, Some(50), "Runtime exited with error: signal: signal 50");
        check(None, None, "Runtime exited without providing a reason");
    }
}
