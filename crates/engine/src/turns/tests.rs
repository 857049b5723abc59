use super::*;
use futures_util::FutureExt as _;
use std::pin::pin;

fn used(micros: u64, waits: u64) -> Usage {
    Usage { computed: Duration::from_micros(micros), waits }
}

/// Turns of calls that compute for 400 us each: two at once on a thread.
fn turns() -> Turns {
    Home::found(1);
    let turns = Turns::default();
    turns.learn(used(4_000, 10), 10);
    turns
}

/// Nobody else is called.
fn alone() -> Arc<Company> {
    Arc::new(Company::on(2))
}

#[test]
fn only_calls_that_compute_and_little_take_turns() {
    let check = |used: Usage, calls: u32, at_once: u32| {
        let turns = Turns::default();
        turns.learn(used, calls);
        assert_eq!(turns.at_once.load(Ordering::Relaxed), at_once, "{used:?} in {calls}");
    };
    check(used(0, 10), 10, 1);
    check(used(400, 10), 10, 1);
    check(used(2_500, 10), 10, 1);
    check(used(2_510, 10), 10, 2);
    check(used(5_000, 10), 10, 2);
    check(used(20_000, 10), 10, 8);
    check(used(20_010, 10), 10, 0);
    // A garbage collector waits for its helpers now and then; whoever asks a database does each time.
    check(used(2_560, 80), 64, 1);
    check(used(2_560, 81), 64, 0);
    check(used(2_560, 128), 64, 0);
    // At first an interpreter waits more often.
    check(used(400, 19), 10, 1);
    check(used(400, 20), 10, 0);
    // Frozen in between, or read while it ran on.
    check(used(400, 9), 10, 1);
}

#[tokio::test]
async fn who_comes_first_is_next() {
    let (turns, company) = (turns(), alone());
    let (one, two) = (turns.take(&company).await, turns.take(&company).await);
    assert!(one.is_some() && two.is_some());
    let (mut three, mut four) = (pin!(turns.take(&company)), pin!(turns.take(&company)));
    assert!(three.as_mut().now_or_never().is_none() && four.as_mut().now_or_never().is_none());
    drop(two);
    assert!(four.as_mut().now_or_never().is_none());
    let third = three.await;
    assert!(third.is_some());
    drop(third);
    assert!(four.await.is_some());
    drop(one);
    assert!(turns.take(&company).now_or_never().flatten().is_some());
}

#[tokio::test]
async fn who_goes_away_keeps_nobody_waiting() {
    let (turns, company) = (turns(), alone());
    let (one, _two) = (turns.take(&company).await, turns.take(&company).await);
    {
        let mut gone = pin!(turns.take(&company));
        assert!(gone.as_mut().now_or_never().is_none());
    }
    let mut next = pin!(turns.take(&company));
    assert!(next.as_mut().now_or_never().is_none());
    drop(one);
    assert!(next.await.is_some());
    // Nor a turn that it was given and did not fetch.
    let one = turns.take(&company).await;
    {
        let mut gone = pin!(turns.take(&company));
        assert!(gone.as_mut().now_or_never().is_none());
        drop(one);
    }
    assert!(turns.take(&company).now_or_never().flatten().is_some());
}

#[tokio::test(start_paused = true)]
async fn where_no_call_ends_more_and_more_run() {
    let (turns, company) = (turns(), alone());
    let mut running = vec![turns.take(&company).await, turns.take(&company).await];
    let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(turns.take(&company))).collect();
    let mut more = async |after: Duration| {
        tokio::time::sleep(after).await;
        // All that wait have their turn to look first.
        for _ in 0..2 {
            waiting.retain_mut(|one| one.as_mut().now_or_never().map(|turn| running.push(turn)).is_none());
        }
        running.len()
    };
    assert_eq!(more(Duration::ZERO).await, 2);
    assert_eq!(more(PATIENCE * 9 / 10).await, 2);
    assert_eq!(more(PATIENCE / 5).await, 3);
    assert_eq!(more(PATIENCE).await, 5);
    assert_eq!(more(PATIENCE).await, 9);
    assert_eq!(more(PATIENCE).await, 17);
    assert_eq!(more(PATIENCE).await, 22);
    // What was too much ends first.
    running.truncate(2);
    assert!(turns.take(&company).now_or_never().is_none());
    running.truncate(1);
    assert!(turns.take(&company).now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn where_calls_end_one_waits_for_all_before() {
    let (turns, company) = (turns(), alone());
    let mut running = vec![turns.take(&company).await, turns.take(&company).await];
    let mut waiting: Vec<_> = (0..6).map(|_| Box::pin(turns.take(&company))).collect();
    for one in &mut waiting {
        assert!(one.as_mut().now_or_never().is_none());
    }
    while let Some(mut last) = waiting.pop() {
        tokio::time::advance(PATIENCE * 2 / 3).await;
        assert!(last.as_mut().now_or_never().is_none());
        running.remove(0);
        if waiting.is_empty() {
            running.push(last.await);
        } else {
            waiting.push(last);
            running.push(waiting.remove(0).await);
        }
        assert!(running.iter().all(Option::is_some));
    }
}

#[tokio::test(start_paused = true)]
async fn beside_others_a_processor_is_left_and_threads_alternate() {
    let (turns, company) = (turns(), alone());
    company.called(usize::MAX);
    let on = |home: u16| {
        Home::found(home);
        let mut one = Box::pin(turns.take(&company));
        (one.as_mut().now_or_never().flatten(), one)
    };
    let (first, _) = on(1);
    assert!(first.is_some());
    let (mut own, mut next, mut after) = (on(1), on(2), on(1));
    assert!(
        own.0.is_none() && next.0.is_none() && after.0.is_none(),
        "one call at once leaves one processor"
    );
    drop(first);
    assert!(own.1.as_mut().now_or_never().is_none());
    let second = next.1.as_mut().now_or_never().flatten();
    assert!(second.is_some(), "the other thread's turn");
    drop(second);
    let third = own.1.as_mut().now_or_never().flatten();
    assert!(third.is_some());
    // Alone again, each thread has its own.
    tokio::time::advance(Duration::from_secs(1)).await;
    let (other, _) = on(2);
    assert!(other.is_some());
    drop(third);
    assert!(after.1.as_mut().now_or_never().flatten().is_some());
    assert_eq!(turns.lines.get().map(|lines| lines.running.load(Ordering::Relaxed)), Some(1));
}

#[tokio::test]
async fn elsewhere_than_on_a_thread_with_a_home_nobody_waits() {
    let (turns, company) = (turns(), alone());
    let _running = (turns.take(&company).await, turns.take(&company).await);
    Home::found(0);
    assert!(turns.take(&company).now_or_never().is_some_and(|turn| turn.is_none()));
}

/// A process whose calls use what they are told to.
#[derive(Default)]
struct Told {
    total: Mutex<Usage>,
}

impl Processors for Told {
    fn keep_to(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }

    fn release(&self) -> std::io::Result<()> {
        Ok(())
    }

    fn time(&self) -> Option<Duration> {
        None
    }

    fn used(&self) -> Option<Usage> {
        Some(*self.total.lock().expect("not poisoned"))
    }
}

#[test]
fn what_calls_use_is_watched() {
    let told = Arc::new(Told::default());
    // To boot and to load takes long, and is no call's.
    *told.total.lock().expect("not poisoned") = used(300_000, 500);
    let (mut watch, turns) = (Watch::new(told.clone()), Turns::default());
    let mut calls = |count: u32, each: Usage| {
        for _ in 0..count {
            let mut total = told.total.lock().expect("not poisoned");
            *total = Usage { computed: total.computed + each.computed, waits: total.waits + each.waits };
            drop(total);
            watch.ended(&turns);
        }
        turns.at_once.load(Ordering::Relaxed)
    };
    assert_eq!(calls(FIRST_WATCHED, used(30, 1)), 0);
    assert_eq!(calls(1, used(30, 1)), 1);
    assert_eq!(calls(WATCHED, used(300, 1)), 2);
    assert_eq!(calls(WATCHED, used(300, 2)), 0);
    assert_eq!(calls(WATCHED, used(40, 1)), 1);
}
