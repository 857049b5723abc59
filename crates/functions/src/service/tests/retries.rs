//! Retries of asynchronous events, and who hears of their ends. Hours pass in milliseconds.

use super::asynchronous::later;
use super::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use tinderbox_base::{Arn, Error, ErrorKind, Reply, Target, Targets};

/// Keeps what it is sent, as a queue of SQS would.
#[derive(Default)]
struct Mailbox {
    kept: Mutex<Vec<(String, Value)>>,
    /// How many deliveries it refuses first.
    busy: AtomicUsize,
}

#[async_trait::async_trait]
impl Target for Mailbox {
    async fn call(&self, _: &Caller, _: &Arn, _: Bytes) -> Result<Reply> {
        Err(Error::new(ErrorKind::NotImplemented, "nothing answers here"))
    }

    async fn send(&self, caller: &Caller, arn: &Arn, event: Bytes) -> Result<()> {
        if self.busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            return Err(Error::new(ErrorKind::Unavailable, "later"));
        }
        let source = caller.source_arn.as_ref().unwrap().to_string();
        assert!(source.contains(":function:hello"), "{source}");
        let event = serde_json::from_slice(&event).unwrap();
        self.kept.lock().unwrap().push((arn.to_string(), event));
        Ok(())
    }
}

const BOX: &str = "arn:aws:sqs:us-east-1:123456789012:box";
const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:dead";

/// A server whose functions fail as often as `failures` says, with a box beside it.
async fn failing(failures: usize) -> (Bed, Arc<AtomicUsize>, Arc<Mailbox>) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    let launcher = FakeLauncher::new(move |_| {
        if counted.fetch_add(1, Ordering::SeqCst) < failures {
            FakeReply::Error("KeyError".into(), r#"{"errorType":"KeyError"}"#.into())
        } else {
            FakeReply::Success(Bytes::from_static(b"\"fine\""))
        }
    });
    let kept = Arc::new(Mailbox::default());
    let sqs = kept.clone() as Arc<dyn Target>;
    let bed = Machine::new()
        .start_with(launcher, |deps| {
            let targets = Targets::default();
            assert!(targets.connect([("sqs", sqs)]));
            deps.targets = Arc::new(targets);
        })
        .await;
    bed.functions.create(&caller(), hello()).await.unwrap();
    (bed, attempts, kept)
}

async fn configure(bed: &Bed, change: impl FnOnce(&mut EventSettings)) {
    let destinations = Destinations { on_success: Some(BOX.into()), on_failure: Some(BOX.into()) };
    let mut settings =
        EventSettings { name: "hello".into(), destinations: Some(destinations), ..EventSettings::default() };
    change(&mut settings);
    bed.functions.set_event_config(&caller(), settings, Replace::All).await.unwrap();
}

async fn attempted(attempts: &AtomicUsize, n: usize) {
    until("an attempt", || attempts.load(Ordering::SeqCst) >= n).await;
}

/// Waits until the event is back in its queue and waits for its time.
async fn waits(bed: &Bed) {
    bed.rests().await;
    assert_eq!(bed.functions.waiting_events(), 1, "the event is not waiting");
}

#[tokio::test]
async fn two_retries_after_one_minute_and_two() {
    let (bed, attempts, kept) = failing(usize::MAX).await;
    configure(&bed, |_| ()).await;
    bed.accept(r#"{"n":1}"#).await;
    attempted(&attempts, 1).await;
    waits(&bed).await;
    for (wait, number) in [(60, 2), (120, 3)] {
        bed.pass(wait - 1);
        waits(&bed).await;
        assert_eq!(attempts.load(Ordering::SeqCst), number - 1, "not before its time");
        bed.pass(1);
        attempted(&attempts, number).await;
        if number == 2 {
            waits(&bed).await;
        }
    }
    bed.settles().await;
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    let kept = kept.kept.lock().unwrap();
    let [(to, record)] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(to, BOX);
    assert_eq!(record["version"], "1.0");
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(
        record["requestContext"]["functionArn"],
        "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST"
    );
    assert_eq!(record["requestPayload"], json!({ "n": 1 }));
    let expect = json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" });
    assert_eq!(record["responseContext"], expect);
    assert_eq!(record["responsePayload"], json!({ "errorType": "KeyError" }));
}

#[tokio::test]
async fn a_retry_may_succeed() {
    let (bed, attempts, kept) = failing(1).await;
    configure(&bed, |_| ()).await;
    bed.accept("1").await;
    attempted(&attempts, 1).await;
    waits(&bed).await;
    bed.pass(60);
    bed.settles().await;
    let kept = kept.kept.lock().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].1["requestContext"]["condition"], "Success");
    assert_eq!(kept[0].1["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(kept[0].1["responsePayload"], "fine");
}

#[tokio::test]
async fn how_often_it_failed_survives_the_server() {
    let (bed, attempts, _) = failing(usize::MAX).await;
    bed.accept("1").await;
    attempted(&attempts, 1).await;
    waits(&bed).await;
    let machine = bed.kill();
    let again = Arc::new(AtomicUsize::new(0));
    let counted = again.clone();
    let launcher = FakeLauncher::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        FakeReply::Error("KeyError".into(), "{}".into())
    });
    let bed = machine.start(launcher).await;
    waits(&bed).await;
    assert_eq!(again.load(Ordering::SeqCst), 0, "it is not due yet");
    bed.pass(60);
    attempted(&again, 1).await;
    waits(&bed).await;
    bed.pass(120);
    bed.settles().await;
    assert_eq!(again.load(Ordering::SeqCst), 2, "two of three attempts were left");
}

#[tokio::test]
async fn fewer_retries() {
    let (bed, attempts, kept) = failing(usize::MAX).await;
    configure(&bed, |s| s.retries = Some(0)).await;
    bed.accept("1").await;
    bed.settles().await;
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
    assert_eq!(kept.kept.lock().unwrap()[0].1["requestContext"]["condition"], "RetriesExhausted");
}

#[tokio::test]
async fn an_event_that_would_be_too_old_is_given_up_at_once() {
    let (bed, attempts, kept) = failing(usize::MAX).await;
    configure(&bed, |s| s.max_age_s = Some(60)).await;
    bed.machine.clock.advance(Duration::from_millis(1));
    bed.accept("1").await;
    attempted(&attempts, 1).await;
    waits(&bed).await;
    bed.pass(60);
    bed.settles().await;
    let kept = kept.kept.lock().unwrap();
    assert_eq!(kept[0].1["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(kept[0].1["requestContext"]["approximateInvokeCount"], 2);
}

#[tokio::test]
async fn a_stopped_function_sends_its_events_on_or_keeps_them() {
    let (bed, attempts, kept) = failing(0).await;
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    bed.accept("1").await;
    waits(&bed).await;
    assert_eq!(bed.stored().await, 1, "nobody would hear of it, so it waits");
    configure(&bed, |_| ()).await;
    bed.pass(10);
    bed.settles().await;
    {
        let kept = kept.kept.lock().unwrap();
        let context = &kept[0].1["requestContext"];
        assert_eq!(
            (&context["condition"], &context["approximateInvokeCount"]),
            (&json!("ZeroReservedConcurrency"), &json!(0))
        );
        assert_eq!(kept[0].1.get("responseContext"), None);
    }
    assert_eq!(attempts.load(Ordering::SeqCst), 0);
    bed.functions.delete_event_config(&caller(), "hello", None).await.unwrap();
    bed.accept("2").await;
    bed.functions.delete_concurrency(&caller(), "hello").await.unwrap();
    bed.settles().await;
    assert_eq!(attempts.load(Ordering::SeqCst), 1, "the end of the stop lets it run at once");
}

#[tokio::test]
async fn throttled_for_six_hours() {
    let (bed, attempts, kept) = failing(0).await;
    // Another function's reservation leaves this one nothing, as long as that one holds on.
    let hanging = NewFunction { name: "other".into(), ..hello() };
    bed.functions.create(&caller(), hanging).await.unwrap();
    configure(&bed, |_| ()).await;
    bed.functions.inner.engine.set_reserved(
        &AccountId::default(),
        &crate::run::group_id(&bed.get("hello").unwrap()),
        Some(0),
    );
    bed.accept("1").await;
    let mut hours = 0;
    while bed.stored().await == 1 {
        bed.pass(300);
        bed.rests().await;
        hours += 300;
        assert!(hours < 10 * 3600, "never given up");
    }
    assert!(hours >= 6 * 3600, "{hours}");
    assert_eq!(attempts.load(Ordering::SeqCst), 0);
    assert_eq!(kept.kept.lock().unwrap()[0].1["requestContext"]["condition"], "EventAgeExceeded");
}

#[tokio::test]
async fn dead_letters() {
    let (bed, _, kept) = failing(usize::MAX).await;
    bed.set(Settings { dead_letter_target: Some(DEAD.into()), ..Settings::default() }).await.unwrap();
    configure(&bed, |s| {
        s.retries = Some(0);
        s.destinations = None;
    })
    .await;
    bed.accept(r#"{"n":1}"#).await;
    bed.settles().await;
    assert_eq!(*kept.kept.lock().unwrap(), [(DEAD.to_owned(), json!({ "n": 1 }))]);
    let refused =
        bed.set(Settings { dead_letter_target: Some("arn:aws:s3:::b".into()), ..Settings::default() });
    assert_eq!(shown(refused.await).0, "InvalidParameterValueException");
}

#[tokio::test]
async fn a_delivery_is_tried_again_and_then_let_be() {
    let (bed, _, kept) = failing(0).await;
    configure(&bed, |_| ()).await;
    kept.busy.store(2, Ordering::SeqCst);
    bed.accept("1").await;
    bed.settles().await;
    assert_eq!(kept.kept.lock().unwrap().len(), 1);
    // Nobody takes events for topics here: the record is lost, and the event ends all the same.
    let topic = Some("arn:aws:sns:us-east-1:123456789012:t".to_owned());
    configure(&bed, |s| {
        s.destinations = Some(Destinations { on_success: topic, on_failure: None });
    })
    .await;
    bed.accept("2").await;
    bed.settles().await;
    assert_eq!(kept.kept.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_function_hears_of_another() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    let launcher = FakeLauncher::new(move |call| {
        let event: Value = serde_json::from_slice(&call.event).unwrap();
        if variable(&call, "AWS_LAMBDA_FUNCTION_NAME") == "listener" {
            kept.lock().unwrap().push(event);
        }
        FakeReply::Success(Bytes::from_static(b"7"))
    });
    let bed = Bed::with_hello(launcher).await;
    bed.functions.create(&caller(), NewFunction { name: "listener".into(), ..hello() }).await.unwrap();
    let to = "arn:aws:lambda:us-east-1:123456789012:function:listener";
    configure(&bed, |s| {
        s.destinations = Some(Destinations { on_success: Some(to.into()), on_failure: None });
    })
    .await;
    let caller = caller();
    bed.functions.invoke(&caller, later("1")).await.unwrap();
    until("the record", || !heard.lock().unwrap().is_empty()).await;
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0]["requestContext"]["requestId"], caller.request_id.to_string());
    assert_eq!((&heard[0]["requestPayload"], &heard[0]["responsePayload"]), (&json!(1), &json!(7)));
}

#[tokio::test]
async fn settings_are_those_of_what_was_named() {
    let (bed, attempts, kept) = failing(usize::MAX).await;
    bed.publish().await;
    configure(&bed, |s| {
        s.qualifier = Some("1".into());
        s.retries = Some(0);
    })
    .await;
    let by_version = Invocation { qualifier: Some("1".into()), ..later("1") };
    bed.functions.invoke(&caller(), by_version).await.unwrap();
    bed.settles().await;
    let context = kept.kept.lock().unwrap()[0].1["requestContext"].clone();
    assert_eq!(context["functionArn"], "arn:aws:lambda:us-east-1:123456789012:function:hello:1");
    bed.accept("2").await;
    attempted(&attempts, 2).await;
    waits(&bed).await;
    assert_eq!(bed.stored().await, 1, "the function as a whole still retries");
}
