//! Asynchronous events.

use super::*;
use crate::keys;

pub(super) fn later(payload: &str) -> Invocation {
    Invocation { kind: InvocationType::Event, ..event(payload) }
}

/// Writes down the events it serves.
fn recorder() -> (FakeLauncher, Arc<Mutex<Vec<String>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = events.clone();
    let launcher = FakeLauncher::new(move |call| {
        kept.lock().unwrap().push(String::from_utf8(call.event.to_vec()).unwrap());
        FakeReply::Success(Bytes::from_static(b"null"))
    });
    (launcher, events)
}

impl Bed {
    pub(super) async fn accept(&self, payload: &str) {
        match self.functions.invoke(&caller(), later(payload)).await {
            Ok(Invoked::Accepted) => {}
            other => panic!("{other:?}"),
        }
    }

    /// Entries that the store has of waiting events.
    pub(super) async fn stored(&self) -> usize {
        let range = keys::all_waiting(&AccountId::default(), &Region::default());
        self.machine.store.range(&range, 1000).await.unwrap().len()
    }

    /// Lets time pass for the queues.
    pub(super) fn pass(&self, seconds: u64) {
        self.machine.clock.advance(Duration::from_secs(seconds));
        self.functions.inner.queues.look();
    }

    /// Waits until all that may run at this time has run, and what is left waits for its own.
    pub(super) async fn rests(&self) {
        let now = tinderbox_base::Clock::now(&*self.machine.clock);
        until("rest", || self.functions.inner.queues.rests(now)).await;
    }

    pub(super) async fn settles(&self) {
        for _ in 0..10_000 {
            if self.stored().await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("events are left");
    }
}

#[tokio::test]
async fn every_event_runs_once() {
    let (launcher, events) = recorder();
    let bed = Bed::with_hello(launcher).await;
    // Stopped first, so that all of them wait.
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    for i in 0..20 {
        bed.accept(&i.to_string()).await;
    }
    assert_eq!(bed.stored().await, 20);
    bed.functions.put_concurrency(&caller(), "hello", 1).await.unwrap();
    bed.settles().await;
    let mut ran = events.lock().unwrap().clone();
    ran.sort_by_key(|e| e.parse::<u32>().unwrap());
    assert_eq!(ran, (0..20).map(|i| i.to_string()).collect::<Vec<_>>());
    assert_eq!(bed.functions.waiting_events(), 0);
}

#[tokio::test]
async fn an_event_is_logged_under_the_id_its_caller_got() {
    let bed = Bed::with_hello(echo()).await;
    let caller = caller();
    bed.functions.invoke(&caller, later("1")).await.unwrap();
    bed.settles().await;
    let start = format!("START RequestId: {} Version: $LATEST\n", caller.request_id);
    assert!(bed.lines.messages().contains(&start));
}

#[tokio::test]
async fn accepted_events_survive_the_server() {
    let bed = Bed::with_hello(FakeLauncher::new(|_| FakeReply::Hang)).await;
    for i in 0..5 {
        bed.accept(&i.to_string()).await;
    }
    let machine = bed.kill();
    let (launcher, events) = recorder();
    let bed = machine.start(launcher).await;
    bed.settles().await;
    let mut ran = events.lock().unwrap().clone();
    ran.sort();
    assert_eq!(ran, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_deleted_function_drops_its_events() {
    let (launcher, events) = recorder();
    let bed = Bed::with_hello(launcher).await;
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    bed.accept("1").await;
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    bed.functions.create(&caller(), hello()).await.unwrap();
    bed.settles().await;
    assert_eq!(bed.invoke(event("2")).await.unwrap().payload, "null");
    assert_eq!(*events.lock().unwrap(), ["2"]);
}

#[tokio::test]
async fn events_of_a_function_that_is_gone_are_dropped_at_the_start() {
    let bed = Bed::with_hello(FakeLauncher::new(|_| FakeReply::Hang)).await;
    bed.accept("1").await;
    let function = bed.get("hello").unwrap();
    let machine = bed.kill();
    // The function's record goes, and a crash keeps its events from going too.
    let key = keys::function(&function.account, &function.region, &function.name);
    let commit =
        tinderbox_store::Commit { ops: vec![tinderbox_store::Op::Delete(key)], ..Default::default() };
    machine.store.commit(commit).await.unwrap();
    let bed = machine.start(echo()).await;
    assert_eq!(bed.stored().await, 0);
    let payloads = keys::payloads(&function.account, &function.region, &function.uid.to_string());
    assert!(bed.machine.store.range(&payloads, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_queue_has_a_limit() {
    let bed = Machine::new().start_with(echo(), |deps| deps.config.functions.max_async_events = 3).await;
    bed.functions.create(&caller(), hello()).await.unwrap();
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    let mut accepted = 0;
    loop {
        match bed.functions.invoke(&caller(), later("1")).await {
            Ok(Invoked::Accepted) => accepted += 1,
            Err(InvokeFault::Throttled(_)) => break,
            other => panic!("{other:?}"),
        }
        assert!(accepted < 100, "no limit");
    }
    assert_eq!(accepted, 3);
}

#[tokio::test]
async fn an_event_that_waited_for_six_hours_is_dropped() {
    let (launcher, events) = recorder();
    let bed = Bed::with_hello(launcher).await;
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    bed.accept("1").await;
    bed.pass(6 * 3600 + 1);
    bed.settles().await;
    assert!(events.lock().unwrap().is_empty());
}
