//! Invoking: answers, errors, limits, logs.

use super::*;
use crate::model::LoggingSettings;
use tinderbox_engine::testing::FakeLoad;
use tinderbox_engine::{Endpoint, EndpointGuard, Exit, InstanceInfo, Listeners, Version};

#[tokio::test]
async fn kinds_of_invocation() {
    let bed = Bed::with_hello(echo()).await;
    assert_eq!(bed.invoke(event("[1]")).await.unwrap(), Answered { payload: "[1]".into(), failed: false });
    assert_eq!(bed.invoke(event("")).await.unwrap().payload, "{}");
    let dry = Invocation { kind: InvocationType::DryRun, ..event("1") };
    assert!(matches!(bed.functions.invoke(&caller(), dry).await, Ok(Invoked::Possible)));
}

#[tokio::test]
async fn what_may_be_sent() {
    let bed = Bed::with_hello(echo()).await;
    let refused = async |invocation| match bed.functions.invoke(&caller(), invocation).await {
        Err(InvokeFault::Failed(error)) => shown::<()>(Err(error)),
        other => panic!("{other:?}"),
    };
    let text = |n: usize| format!("\"{}\"", "x".repeat(n - 2));
    let too_large = |limit| {
        let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        ("RequestEntityTooLargeException".to_owned(), message)
    };
    assert_eq!(bed.invoke(event(&text(6_291_456))).await.unwrap().payload.len(), 6_291_456);
    assert_eq!(refused(event(&text(6_291_457))).await, too_large(6_291_456));
    let async_event = |n| Invocation { kind: InvocationType::Event, ..event(&text(n)) };
    let text = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)";
    assert_eq!(refused(async_event(1_048_577)).await, ("RequestEntityTooLargeException".into(), text.into()));
    assert_eq!(refused(event("{")).await.0, "InvalidRequestContentException");
    let context = Invocation { client_context: Some("?".into()), ..event("1") };
    assert_eq!(refused(context).await.0, "InvalidRequestContentException");
    let other_version = Invocation { qualifier: Some("2".into()), ..event("1") };
    let missing = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:hello:2";
    assert_eq!(refused(other_version).await, ("ResourceNotFoundException".into(), missing.into()));
}

#[tokio::test]
async fn what_the_code_is_told() {
    let launcher = FakeLauncher::new(|call| {
        let told = serde_json::json!({ "head": call.head, "env": call.load["env"], "handler": call.load["handler"] });
        FakeReply::Success(told.to_string().into())
    });
    let bed = Bed::with_hello(launcher).await;
    let caller = caller();
    let invocation = Invocation {
        qualifier: Some("$LATEST".into()),
        client_context: Some("eyJhIjoxfQ==".into()),
        ..event("1")
    };
    let told = match bed.functions.invoke(&caller, invocation).await.unwrap() {
        Invoked::Answered { payload, .. } => serde_json::from_slice::<serde_json::Value>(&payload).unwrap(),
        other => panic!("{other:?}"),
    };
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST";
    assert_eq!(told["head"]["id"], caller.request_id.to_string());
    assert_eq!(told["head"]["arn"], arn);
    assert_eq!(told["head"]["client_context"], "{\"a\":1}");
    assert_eq!(told["handler"], "app.handler");
    let stream = told["env"]["AWS_LAMBDA_LOG_STREAM_NAME"].as_str().unwrap();
    assert!(stream.contains("/[$LATEST]"), "{stream}");
    assert!(told["env"]["AWS_ACCESS_KEY_ID"].as_str().unwrap().starts_with("ASIA"));
    assert_eq!(bed.lines.0.lock().unwrap()[0].1, stream);
}

/// The answer to an event, its request id written as `ID`, and the log without the ends of lines that
/// differ from run to run.
async fn run(launcher: FakeLauncher, settings: Settings) -> (Answered, Vec<String>) {
    let bed = Bed::new(launcher).await;
    let mut new = hello();
    let Settings { runtime, handler, role, .. } = new.settings;
    new.settings = Settings { runtime: settings.runtime.clone().or(runtime), handler, role, ..settings };
    bed.functions.create(&caller(), new).await.unwrap();
    let caller = caller();
    let answer = match bed.functions.invoke(&caller, event("1")).await.unwrap() {
        Invoked::Answered { payload, failed, .. } => {
            Answered { payload: String::from_utf8(payload.to_vec()).unwrap(), failed }
        }
        other => panic!("{other:?}"),
    };
    let id = caller.request_id.to_string();
    let lines = bed.lines.messages().into_iter().map(|line| {
        assert!(line.ends_with('\n'), "{line:?}");
        let line = line.trim_end_matches('\n').replace(&id, "ID");
        let status = line.find("\tStatus:").map_or("", |at| &line[at..]);
        match line.split('\t').next() {
            Some(first) if line.contains('\t') => format!("{first}{status}"),
            _ => line,
        }
    });
    (Answered { payload: answer.payload.replace(&id, "ID"), ..answer }, lines.collect())
}

const INIT: &str = "INIT_START Runtime Version: python:3.12.1";
const REPORT: &str = "REPORT RequestId: ID";

#[tokio::test]
async fn an_invocations_log() {
    let text = b"hello\nworld\n".to_vec();
    let launcher =
        FakeLauncher::new(move |call| FakeReply::Log(text.clone(), Box::new(FakeReply::Success(call.event))));
    let (answer, lines) = run(launcher, Settings::default()).await;
    assert_eq!(answer, Answered { payload: "1".into(), failed: false });
    let start = "START RequestId: ID Version: $LATEST";
    assert_eq!(lines, [INIT, start, "hello", "world", "END RequestId: ID", REPORT]);
}

#[tokio::test]
async fn failures_in_answer_and_log() {
    let start = "START RequestId: ID Version: $LATEST";
    let end = "END RequestId: ID";
    let platform = |kind: &str, message: &str| {
        format!("{{\"errorMessage\":\"RequestId: ID Error: {message}\",\"errorType\":\"{kind}\"}}")
    };
    let report = |rest: &str| format!("{REPORT}{rest}");
    let check = async |reply: FakeReply, settings: Settings, payload: String, last: Vec<String>| {
        let (answer, lines) = run(FakeLauncher::new(move |_| reply.clone()), settings).await;
        assert_eq!(answer, Answered { payload, failed: true });
        let mut expect = vec![INIT.to_owned(), start.to_owned()];
        expect.extend(last);
        // The time of the line that tells of a timeout is the clock's.
        let lines: Vec<_> = lines.iter().map(|l| l.replace("2026-01-31T23:59:59.007Z", "NOW")).collect();
        assert_eq!(lines, expect);
    };
    let body = "{\"errorType\":\"KeyError\"}";
    let error = FakeReply::Error("KeyError".into(), body.into());
    check(error, Settings::default(), body.into(), vec![end.into(), report("")]).await;
    let exit = |code| FakeReply::Exit(Exit::Code(code));
    let ended = report("\tStatus: error\tError Type: Runtime.ExitError");
    for (code, message) in
        [(1, "Runtime exited with error: exit status 1"), (0, "Runtime exited without providing a reason")]
    {
        let line = format!("RequestId: ID Error: {message}\nRuntime.ExitError");
        let last = vec![line, end.into(), ended.clone()];
        check(exit(code), Settings::default(), platform("Runtime.ExitError", message), last).await;
    }
    let killed = FakeReply::Exit(Exit::Signal { signal: 9, out_of_memory: true });
    let message = "Runtime exited with error: signal: killed";
    let last = vec![
        format!("RequestId: ID Error: {message}\nRuntime.OutOfMemory"),
        end.into(),
        report("\tStatus: error\tError Type: Runtime.OutOfMemory"),
    ];
    check(killed, Settings::default(), platform("Runtime.OutOfMemory", message), last).await;
    let one_second = Settings { timeout_s: Some(1), ..Settings::default() };
    let message = "Task timed out after 1.00 seconds";
    let last = vec![format!("NOW ID {message}"), end.into(), report("\tStatus: timeout")];
    check(FakeReply::Hang, one_second, platform("Sandbox.Timedout", message), last).await;
}

#[tokio::test]
async fn a_failed_initialisation() {
    let body = "{\"errorType\":\"Runtime.ImportModuleError\"}";
    let launcher = echo().on_load(move |_| FakeLoad::Error("Runtime.ImportModuleError".into(), body.into()));
    let (answer, lines) = run(launcher, Settings::default()).await;
    assert_eq!(answer, Answered { payload: body.into(), failed: true });
    assert_eq!(lines[0], INIT);
    assert!(lines[1].starts_with("INIT_REPORT Init Duration: "), "{}", lines[1]);
    assert_eq!(
        lines[2..],
        [
            "START RequestId: ID Version: $LATEST".to_owned(),
            "END RequestId: ID".into(),
            format!("{REPORT}\tStatus: error\tError Type: Runtime.ImportModuleError"),
        ]
    );
}

#[tokio::test]
async fn what_cannot_run_here_says_why() {
    let provided = Settings { runtime: Some("provided.al2023".into()), ..Settings::default() };
    let (answer, lines) = run(echo(), provided).await;
    let message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
    let payload = format!(
        "{{\"errorMessage\":\"RequestId: ID Error: {message}\",\"errorType\":\"Runtime.InvalidEntrypoint\"}}"
    );
    assert_eq!(answer, Answered { payload, failed: true });
    assert_eq!(
        lines,
        [
            "START RequestId: ID Version: $LATEST".to_owned(),
            format!("RequestId: ID Error: {message}\nRuntime.InvalidEntrypoint"),
            "END RequestId: ID".into(),
            format!("{REPORT}\tStatus: error\tError Type: Runtime.InvalidEntrypoint"),
        ]
    );
    for wrapper in ["/var/task/nope.sh", "/opt/nope.sh"] {
        let (answer, lines) = run(echo(), setting("AWS_LAMBDA_EXEC_WRAPPER", wrapper)).await;
        let message = "Runtime exited with error: exit status 127";
        assert!(answer.payload.contains(&format!("RequestId: ID Error: {message}")), "{}", answer.payload);
        assert_eq!(lines[1], format!("AWS_LAMBDA_EXEC_WRAPPER: {wrapper} cannot be executed"));
    }
    let none = Places::default();
    let bed = Machine::new().start_with(echo(), |deps| deps.places = none).await;
    bed.functions.create(&caller(), hello()).await.unwrap();
    let answer = bed.invoke(event("1")).await.unwrap();
    assert!(answer.failed && answer.payload.contains("Runtime.InvalidRuntime"), "{}", answer.payload);
    assert!(answer.payload.contains("Install python3.12"), "{}", answer.payload);
}

#[tokio::test]
async fn json_logs() {
    let text = b"plain\n{\"level\":\"debug\"}\n{\"level\":\"ERROR\"}\n".to_vec();
    let launcher =
        FakeLauncher::new(move |call| FakeReply::Log(text.clone(), Box::new(FakeReply::Success(call.event))));
    let mut new = hello();
    let format = Some("JSON".into());
    new.settings.logging = Some(LoggingSettings { format, ..LoggingSettings::default() });
    let bed = Bed::new(launcher).await;
    bed.functions.create(&caller(), new).await.unwrap();
    let asked = Invocation { tail: true, ..event("1") };
    let tail = match bed.functions.invoke(&caller(), asked).await.unwrap() {
        Invoked::Answered { tail: Some(tail), .. } => String::from_utf8(tail).unwrap(),
        other => panic!("{other:?}"),
    };
    let lines = bed.lines.messages();
    let kinds: Vec<_> = lines.iter().map(|line| line.split('"').nth(7).unwrap_or(line)).collect();
    let error = "{\"level\":\"ERROR\"}\n";
    assert_eq!(kinds, ["platform.initStart", "platform.start", "plain\n", error, "platform.report"]);
    assert_eq!(tail.lines().collect::<Vec<_>>(), lines.iter().map(|l| l.trim_end()).collect::<Vec<_>>());
    assert!(tail.ends_with('}'), "{tail}");
}

#[tokio::test]
async fn sampled_traces_are_in_the_report() {
    let traced = async |mode: &str, trace: Option<&str>| {
        let mut new = hello();
        new.settings.tracing_mode = Some(mode.into());
        let bed =
            Bed::new(FakeLauncher::new(|call| FakeReply::Success(call.head["trace"].to_string().into())))
                .await;
        bed.functions.create(&caller(), new).await.unwrap();
        let caller = Caller { trace: trace.map(str::to_owned), ..caller() };
        let told = match bed.functions.invoke(&caller, event("1")).await.unwrap() {
            Invoked::Answered { payload, .. } => serde_json::from_slice::<String>(&payload).unwrap(),
            other => panic!("{other:?}"),
        };
        (told, bed.lines.messages().last().unwrap().split_once('\n').unwrap().1.to_owned())
    };
    let (told, line) = traced("Active", None).await;
    assert!(told.ends_with(";Sampled=1"), "{told}");
    assert!(line.starts_with("XRAY TraceId: 1-") && line.ends_with("\tSampled: true\t\n"), "{line}");
    let (told, line) = traced("PassThrough", None).await;
    assert!(told.ends_with(";Sampled=0") && line.is_empty(), "{told} {line}");
    let given = "Root=1-5d83c0ad-b8eb33a0b1de97d804fac890;Parent=31255c3b19bd3637;Sampled=1";
    let (told, line) = traced("PassThrough", Some(given)).await;
    assert_eq!(told, given);
    let expect =
        "XRAY TraceId: 1-5d83c0ad-b8eb33a0b1de97d804fac890\tSegmentId: 31255c3b19bd3637\tSampled: true\t\n";
    assert_eq!(line, expect);
}

#[tokio::test]
async fn a_retired_runtime_runs_on_the_nearest() {
    let old = Settings { runtime: Some("nodejs6.10".into()), ..Settings::default() };
    let (answer, lines) = run(echo(), old).await;
    assert!(!answer.failed);
    let expect = "INIT_START Runtime Version: nodejs:20.11.0 (nearest to nodejs6.10 on this machine)";
    assert_eq!(lines[0], expect);
}

#[tokio::test]
async fn the_end_of_the_log_comes_with_the_answer() {
    let text = format!("{}\nlast\n", "x".repeat(5000)).into_bytes();
    let launcher =
        FakeLauncher::new(move |call| FakeReply::Log(text.clone(), Box::new(FakeReply::Success(call.event))));
    let bed = Bed::with_hello(launcher).await;
    let asked = Invocation { tail: true, ..event("1") };
    let tail = match bed.functions.invoke(&caller(), asked).await.unwrap() {
        Invoked::Answered { tail: Some(tail), .. } => String::from_utf8(tail).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(tail.len(), 4096);
    let lines: Vec<_> = tail.lines().collect();
    assert_eq!(lines[1], "last");
    assert!(lines[2].starts_with("END ") && lines[3].starts_with("REPORT "), "{lines:?}");
}

#[tokio::test]
async fn simultaneous_first_requests_are_all_answered() {
    let bed = Arc::new(Bed::with_hello(echo()).await);
    let tasks: Vec<_> = (0..20)
        .map(|i| {
            let bed = bed.clone();
            tokio::spawn(async move { bed.invoke(event(&i.to_string())).await })
        })
        .collect();
    for (i, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().unwrap().payload, i.to_string());
    }
}

#[tokio::test]
async fn code_calls_as_its_role() {
    let key =
        |call: FakeCall| FakeReply::Success(format!("{:?}", variable(&call, "AWS_ACCESS_KEY_ID")).into());
    let served = Arc::new(Served::default());
    let endpoint = served.clone();
    let bed = Machine::new().start_at(endpoint, FakeLauncher::new(key), |_| {}).await;
    bed.functions.create(&caller(), hello()).await.unwrap();
    let told = bed.invoke(event("1")).await.unwrap().payload;
    let (instance, version) = served.0.lock().unwrap().clone().unwrap();
    let caller = bed.functions.caller_of(&version, &instance).unwrap();
    let role = "arn:aws:iam::123456789012:role/r".parse().unwrap();
    let principal = tinderbox_base::Principal::AssumedRole { role, session: "hello".into() };
    assert_eq!((caller.principal, caller.region.as_str()), (principal, "us-east-1"));
    assert_eq!(caller.access_key.as_deref(), Some(told.trim_matches('"')));
}

/// Writes down the last instance that was to be served.
#[derive(Default)]
struct Served(Mutex<Option<(Arc<InstanceInfo>, Arc<Version>)>>);

impl Endpoint for Served {
    fn serve(&self, instance: &Arc<InstanceInfo>, version: &Arc<Version>, _: Listeners) -> EndpointGuard {
        *self.0.lock().unwrap() = Some((instance.clone(), version.clone()));
        Box::new(())
    }
}
