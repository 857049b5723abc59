//! How instances come, serve and go.

use super::*;
use crate::ThrottleReason;

#[tokio::test]
async fn a_request_is_answered_and_its_instance_stays_warm() {
    let bed = Bed::new(echo()).await;
    let first = bed.invoke("1").await.expect("it runs");
    assert_eq!(first.outcome, Outcome::Success("1".into()));
    assert!(first.report.init.is_some());
    let second = bed.invoke("2").await.expect("it runs");
    assert_eq!((second.outcome, second.start), (Outcome::Success("2".into()), StartKind::Warm));
    assert_eq!(second.report.init, None);
    assert_eq!(second.report.billed, Duration::from_millis(100));
    assert_eq!(first.instance, second.instance);
    assert_eq!(
        bed.recorder.heard(),
        ["init start", "init done", "start", "end Success 100", "start", "end Success 100"]
    );
    bed.drain().await;
}

#[tokio::test]
async fn stems_stand_ready_once_they_are_wanted() {
    let bed = Bed::new(echo()).await;
    bed.engine.prepare(&bed.version.class);
    bed.until(|s| s.stems == 2).await;
    assert_eq!(bed.outcome("1").await.1, StartKind::Stem);
    bed.until(|s| s.stems == 2).await;
    assert_eq!(bed.outcome("2").await.1, StartKind::Warm);
    bed.drain().await;
}

#[tokio::test]
async fn where_memory_is_short_what_is_idle_ends() {
    let bed = Bed::new(echo()).await;
    bed.outcome("1").await;
    bed.until(|s| s.idle + s.parked == 1 && s.stems == 2).await;
    bed.launcher.set_memory_available(100 << 20);
    bed.until(|s| s.idle + s.parked + s.stems == 0).await;
    assert_eq!(
        bed.outcome("2").await,
        (Outcome::Success("2".into()), StartKind::Spawn),
        "requests are served all the same"
    );
    bed.launcher.set_memory_available(4 << 30);
    bed.drain().await;
}

#[tokio::test]
async fn the_description_of_a_version_carries_what_is_particular_to_the_instance() {
    let launcher = FakeLauncher::new(|call| FakeReply::Success(call.load.to_string().into()));
    let bed = Bed::new(launcher).await;
    let Outcome::Success(load) = bed.outcome("").await.0 else { panic!("it runs") };
    let load: serde_json::Value = serde_json::from_slice(&load).unwrap();
    let expect =
        json!({"handler": "index.handler", "log_stream": "stream", "env": {"A": "1", "STREAM": "stream"}});
    assert_eq!(load, expect);
    bed.drain().await;
}

#[tokio::test]
async fn an_idle_instance_is_frozen_and_thawed_for_a_request() {
    let bed = Bed::with(echo(), |config| config.freeze_after_ms = 1).await;
    bed.outcome("1").await;
    bed.until(|s| s.parked == 1).await;
    while bed.launcher.counts().frozen() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let response = bed.invoke("2").await.expect("it runs");
    assert_eq!(response.start, StartKind::Warm);
    assert!(response.report.thaw.is_some());
    bed.drain().await;
}

#[tokio::test]
async fn requests_at_once_have_an_instance_each() {
    let launcher =
        FakeLauncher::new(|_| FakeReply::After(Duration::from_millis(200), Box::new(success("done"))));
    let bed = Bed::new(launcher).await;
    let responses = futures_util::future::join_all((0..20).map(|_| bed.invoke(""))).await;
    let mut instances: Vec<_> =
        responses.iter().map(|r| r.as_ref().expect("it runs").instance.id.to_string()).collect();
    instances.sort();
    instances.dedup();
    assert_eq!(instances.len(), 20);
    bed.drain().await;
}

#[tokio::test]
async fn short_requests_share_the_instances_that_are_ready_first() {
    let bed = Bed::new(echo()).await;
    let responses = futures_util::future::join_all((0..50).map(|_| bed.invoke("x"))).await;
    assert!(responses.iter().all(|r| r.as_ref().is_ok_and(|r| r.outcome == Outcome::Success("x".into()))));
    bed.drain().await;
}

#[tokio::test]
async fn a_retired_version_serves_nothing_more() {
    let bed = Bed::new(echo()).await;
    bed.outcome("1").await;
    bed.engine.retire(&bed.version.id);
    assert!(matches!(bed.invoke("2").await, Err(InvokeError::Retired)));
    bed.heard("ended Retired").await;
    bed.drain().await;
}

#[tokio::test]
async fn what_was_accepted_before_the_retirement_is_served() {
    let bed =
        Bed::new(FakeLauncher::new(|_| FakeReply::After(Duration::from_millis(50), Box::new(success("x")))))
            .await;
    let (response, ()) = tokio::join!(bed.invoke(""), async {
        bed.until(|s| s.in_flight == 1).await;
        bed.engine.retire(&bed.version.id);
    });
    assert_eq!(response.expect("it runs").outcome, Outcome::Success("x".into()));
    bed.heard("ended Retired").await;
    bed.drain().await;
}

#[tokio::test]
async fn limits_refuse_with_their_reason() {
    let hang = FakeLauncher::new(|_| FakeReply::Hang);
    let bed =
        Bed::with(hang, |config| config.account_concurrency = 1).await.timeout(Duration::from_millis(100));
    let (first, second) = tokio::join!(bed.invoke(""), bed.invoke(""));
    assert_eq!(first.expect("it runs").outcome, Outcome::TimedOut);
    assert!(matches!(second, Err(InvokeError::Throttled { reason: ThrottleReason::Account })));
    bed.engine.set_reserved(&bed.version.account, &bed.version.group, Some(0));
    let stopped = bed.invoke("").await;
    assert!(matches!(stopped, Err(InvokeError::Throttled { reason: ThrottleReason::Reserved })));
    bed.drain().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_cancel() {
    let launcher =
        FakeLauncher::new(|_| FakeReply::After(Duration::from_millis(50), Box::new(success("done"))));
    let bed = Bed::new(launcher).await;
    tokio::select! {
        biased;
        _ = bed.invoke("") => panic!("too early"),
        () = bed.until(|s| s.busy == 1) => {}
    }
    bed.heard("end Success 100").await;
    assert_eq!(bed.outcome("").await.1, StartKind::Warm);
    bed.drain().await;
}

#[tokio::test]
async fn a_request_past_its_deadline_is_not_started() {
    let bed = Bed::new(echo()).await;
    let mut late = invocation(&bed.version, "");
    late.deadline = Some(tinderbox_base::Monotonic::default());
    assert!(matches!(bed.engine.invoke(late).await, Err(InvokeError::Expired)));
    assert_eq!(bed.outcome("1").await.1, StartKind::Warm);
    bed.drain().await;
}

#[tokio::test]
async fn idle_instances_end_after_their_time() {
    let bed = Bed::with(echo(), |config| config.idle_timeout_s = 0).await;
    bed.outcome("1").await;
    bed.heard("ended Idle").await;
    bed.drain().await;
}

#[tokio::test]
async fn draining_waits_for_requests_and_accepts_none() {
    let launcher =
        FakeLauncher::new(|_| FakeReply::After(Duration::from_millis(50), Box::new(success("done"))));
    let bed = Bed::new(launcher).await;
    let (response, ()) = tokio::join!(bed.invoke(""), async {
        bed.until(|s| s.busy == 1).await;
        bed.engine.drain(Duration::from_secs(5)).await;
    });
    assert!(response.is_ok());
    assert!(matches!(bed.invoke("").await, Err(InvokeError::Unavailable(_))));
    bed.drain().await;
}

#[tokio::test]
async fn draining_does_not_wait_for_ever() {
    let bed = Bed::new(FakeLauncher::new(|_| FakeReply::Hang)).await.timeout(Duration::from_secs(900));
    let (response, ()) = tokio::join!(bed.invoke(""), async {
        bed.until(|s| s.busy == 1).await;
        bed.engine.drain(Duration::from_millis(10)).await;
    });
    assert_eq!(response.expect("it runs").outcome, Outcome::Exited { code: None, signal: Some(9) });
    bed.drain().await;
}

#[tokio::test]
async fn a_spawned_version_has_its_environment_from_the_start() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let writer = seen.clone();
    let launcher = echo().on_launch(move |launch| {
        writer.lock().unwrap().clone_from(&launch.env);
        Ok(())
    });
    let mut bed = Bed::with(launcher, |config| config.stems = 0).await;
    let recorder = bed.recorder.clone();
    bed.version = version("v2", Boot::Spawn, Duration::from_secs(3), recorder);
    assert_eq!(bed.outcome("1").await, (Outcome::Success("1".into()), StartKind::Spawn));
    assert_eq!(*seen.lock().unwrap(), [("STREAM".to_owned(), "stream".to_owned())]);
    bed.drain().await;
}
