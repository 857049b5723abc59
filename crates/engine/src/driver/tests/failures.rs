//! What goes wrong inside an instance stays there, is told, and is billed.

use super::*;
use crate::{Exit, MAX_RESPONSE_BYTES, frame, testing::FakeLoad};
use std::sync::atomic::{AtomicUsize, Ordering};
use tinderbox_base::{Error, ErrorKind};

/// A handler that does `reply` when the event is "bad" and answers otherwise.
fn bad(reply: FakeReply) -> FakeLauncher {
    FakeLauncher::new(move |call| if call.event == "bad" { reply.clone() } else { success("good") })
}

/// The outcome of a bad request; afterwards another is served, by the same instance or not.
async fn check(reply: FakeReply, expect: Outcome, survives: bool) {
    let bed = Bed::new(bad(reply)).await.timeout(Duration::from_millis(300));
    assert_eq!(bed.outcome("good").await.0, Outcome::Success("good".into()));
    let response = bed.invoke("bad").await.expect("it runs");
    assert_eq!(response.outcome, expect);
    assert_eq!(response.report.phase, Phase::Invoke);
    assert!(response.report.billed >= Duration::from_millis(100));
    let (outcome, start) = bed.outcome("good").await;
    assert_eq!(outcome, Outcome::Success("good".into()));
    assert_eq!(start == StartKind::Warm, survives, "{start}");
    bed.drain().await;
}

#[tokio::test]
async fn errors_of_the_handler() {
    let expect = Outcome::HandlerError { kind: "KeyError".into(), body: "{}".into() };
    check(FakeReply::Error("KeyError".into(), "{}".into()), expect.clone(), true).await;
    check(FakeReply::LastError("KeyError".into(), "{}".into()), expect, false).await;
}

#[tokio::test]
async fn exits() {
    check(FakeReply::Exit(Exit::Code(3)), Outcome::Exited { code: Some(3), signal: None }, false).await;
    let segv = Exit::Signal { signal: 11, out_of_memory: false };
    check(FakeReply::Exit(segv), Outcome::Exited { code: None, signal: Some(11) }, false).await;
    let oom = Exit::Signal { signal: 9, out_of_memory: true };
    check(FakeReply::Exit(oom), Outcome::OutOfMemory, false).await;
}

#[tokio::test]
async fn a_timeout_kills_and_costs_exactly_the_timeout() {
    let bed = Bed::new(bad(FakeReply::Hang)).await.timeout(Duration::from_millis(150));
    let response = bed.invoke("bad").await.expect("it runs");
    assert_eq!(response.outcome, Outcome::TimedOut);
    assert_eq!(response.report.duration, Duration::from_millis(150));
    assert_eq!(response.report.billed, Duration::from_millis(200));
    bed.heard("ended Failed").await;
    bed.drain().await;
}

#[tokio::test]
async fn responses_over_the_limit() {
    let size = crate::MAX_RESPONSE_BYTES + 1;
    let body = Bytes::from(vec![b'x'; size as usize]);
    check(FakeReply::Success(body), Outcome::ResponseTooLarge { size, limit: MAX_RESPONSE_BYTES }, true)
        .await;
}

#[tokio::test]
async fn lies() {
    let broken = |what| Outcome::Broken { what };
    let other = |kind| {
        let head = format!(r#"{{"id":"{}"}}"#, RequestId::new(&OsRandom));
        let mut bytes = Vec::new();
        frame::encode(kind, head.as_bytes(), 0, &mut bytes);
        FakeReply::Raw(bytes)
    };
    check(other(frame::RESPONSE), broken("it answered another request"), false).await;
    check(FakeReply::Raw(vec![0xff; 64]), broken("it sent what is no frame"), false).await;
    check(FakeReply::Raw(vec![0; 64]), broken("it sent what is no frame"), false).await;
    let mut too_long = vec![0xff, 0xff, 0xff, 0xff, frame::RESPONSE, 0, 0, 0, 0];
    let size = 0xffff_ffff - 5;
    check(
        FakeReply::Raw(too_long.clone()),
        Outcome::ResponseTooLarge { size, limit: MAX_RESPONSE_BYTES },
        false,
    )
    .await;
    too_long[4] = frame::ERROR;
    check(FakeReply::Raw(too_long), broken("it sent what is no frame"), false).await;
    let mut no_json = Vec::new();
    frame::encode(frame::RESPONSE, b"{", 0, &mut no_json);
    check(FakeReply::Raw(no_json), broken("its answer's head is not JSON"), false).await;
}

#[tokio::test]
async fn an_instance_that_speaks_unasked_serves_nobody_else() {
    let reply = FakeReply::Then(Box::new(success("ok")), Box::new(FakeReply::Raw(b"more".to_vec())));
    let bed = Bed::new(bad(reply)).await;
    // What follows the answer may be seen with it or after it.
    let first = bed.outcome("bad").await.0;
    assert!(matches!(first, Outcome::Success(_) | Outcome::Broken { .. }), "{first:?}");
    bed.heard("ended Failed").await;
    assert_eq!(bed.outcome("good").await.0, Outcome::Success("good".into()));
    bed.drain().await;
}

#[tokio::test]
async fn an_instance_that_dies_idle_costs_no_request() {
    for freeze_after_ms in [1, 60_000] {
        let reply = FakeReply::Then(Box::new(success("ok")), Box::new(FakeReply::Exit(Exit::Code(1))));
        let bed = Bed::with(bad(reply), |config| config.freeze_after_ms = freeze_after_ms).await;
        for _ in 0..5 {
            assert_eq!(bed.outcome("bad").await.0, Outcome::Success("ok".into()));
            bed.until(|s| s.parked == 0 || freeze_after_ms > 1).await;
        }
        bed.drain().await;
    }
}

/// The outcome of a request whose instance fails to initialise.
async fn check_init(load: FakeLoad, expect: Outcome) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counter = attempts.clone();
    let launcher = echo().on_load(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        load.clone()
    });
    let bed = Bed::with(launcher, |config| config.init_timeout_s = 1).await;
    let response = bed.invoke("1").await.expect("it runs");
    assert_eq!(response.outcome, expect);
    assert_eq!(response.report.phase, Phase::Init);
    assert_eq!(response.report.init, Some(response.report.duration));
    assert!(response.report.billed >= Duration::from_millis(100));
    bed.heard("ended InitFailed").await;
    let heard = bed.recorder.heard();
    let of = name(&expect);
    let end = format!("end {of} {}", response.report.billed.as_millis());
    assert_eq!(heard, ["init start", &format!("init failed {of}"), "start", &end, "ended InitFailed"]);
    // Every request has its own attempt.
    let again = futures_util::future::join_all((0..3).map(|_| bed.invoke("1"))).await;
    assert!(again.iter().all(|r| r.as_ref().is_ok_and(|r| r.outcome == expect)));
    assert_eq!(attempts.load(Ordering::SeqCst), 4);
    bed.drain().await;
}

#[tokio::test]
async fn initialisations_that_fail() {
    let kind = "Runtime.ImportModuleError";
    let expect = Outcome::InitError { kind: kind.into(), body: "{}".into() };
    check_init(FakeLoad::Error(kind.into(), "{}".into()), expect).await;
    check_init(FakeLoad::Exit(Exit::Code(1)), Outcome::Exited { code: Some(1), signal: None }).await;
    let oom = Exit::Signal { signal: 9, out_of_memory: true };
    check_init(FakeLoad::Exit(oom), Outcome::OutOfMemory).await;
}

/// What is heard of a request for whose instance each attempt to initialise does what `loads` says, where the first may
/// take no time at all.
async fn slow_init(boot: Boot, loads: Vec<FakeLoad>) -> (Response, Vec<String>) {
    let loads = Mutex::new(loads.into_iter());
    let launcher = echo().on_load(move |_| loads.lock().unwrap().next().unwrap_or(FakeLoad::Loaded));
    let mut bed = Bed::with(launcher, |config| config.init_timeout_s = 0).await;
    bed.version = version("v1", boot, Duration::from_millis(200), bed.recorder.clone());
    let response = bed.invoke("1").await.expect("it runs");
    let recorder = bed.recorder.clone();
    bed.drain().await;
    (response, recorder.heard())
}

#[tokio::test]
async fn an_initialisation_that_takes_too_long_is_repeated_as_part_of_the_invocation() {
    let (response, heard) = slow_init(Boot::Stem, vec![FakeLoad::Hang]).await;
    assert_eq!(response.outcome, Outcome::Success("1".into()));
    assert_eq!((response.report.init, response.report.phase), (None, Phase::Invoke));
    let once = ["init start", "init failed InitTimedOut", "init done"];
    assert_eq!(heard[..5], [&once[..], &["start", "end Success 100"]].concat());
    // Whether such a process boots in no time at all is chance.
    let (response, _) = slow_init(Boot::Spawn, vec![]).await;
    assert_eq!(response.outcome, Outcome::Success("1".into()));
}

#[tokio::test]
async fn an_initialisation_in_an_invocation_ends_with_its_time() {
    for boot in [Boot::Stem, Boot::Spawn] {
        let (response, heard) = slow_init(boot, vec![FakeLoad::Hang, FakeLoad::Hang]).await;
        assert_eq!(response.outcome, Outcome::TimedOut);
        assert_eq!(response.report.duration, Duration::from_millis(200));
        let failed = ["init start", "init failed InitTimedOut", "init failed again InitTimedOut"];
        assert_eq!(heard, [&failed[..], &["start", "end TimedOut 200", "ended InitFailed"]].concat());
    }
    let error = FakeLoad::Error("KeyError".into(), "{}".into());
    let (response, heard) = slow_init(Boot::Stem, vec![FakeLoad::Hang, error]).await;
    assert_eq!(response.outcome, Outcome::InitError { kind: "KeyError".into(), body: "{}".into() });
    assert_eq!(heard[2], "init failed again InitError");
}

#[tokio::test]
async fn a_host_that_makes_no_sandbox_is_unavailable_and_nothing_hangs() {
    let refuse = |_: &crate::Launch| Err(Error::new(ErrorKind::Unavailable, "no"));
    let bed = Bed::new(echo().on_launch(refuse)).await;
    let all = futures_util::future::join_all((0..8).map(|_| bed.invoke(""))).await;
    assert!(all.iter().all(|r| matches!(r, Err(InvokeError::Unavailable(_)))));
    bed.drain().await;
}

#[tokio::test]
async fn an_expected_instance_that_fails_leaves_the_others_alone() {
    let count = AtomicUsize::new(0);
    let launcher = echo().on_load(move |_| match count.fetch_add(1, Ordering::SeqCst) % 3 {
        0 => FakeLoad::Exit(Exit::Code(1)),
        _ => FakeLoad::Loaded,
    });
    let bed = Bed::new(launcher).await;
    for _ in 0..5 {
        let all = futures_util::future::join_all((0..12).map(|_| bed.invoke("x"))).await;
        for response in all {
            let outcome = response.expect("it runs").outcome;
            assert!(matches!(outcome, Outcome::Success(_) | Outcome::Exited { .. }), "{outcome:?}");
        }
    }
    bed.drain().await;
}
