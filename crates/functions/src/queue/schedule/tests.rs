use super::super::line::MAX_WORKERS;
use super::*;
use proptest::prelude::*;
use tinderbox_base::SeededRandom;

const LIMITS: Limits = Limits { events: 1000, bytes: 1 << 30 };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// A schedule under a clock that moves when told.
struct Bench {
    schedule: Schedule,
    now: Timestamp,
    random: SeededRandom,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        Self { schedule: Schedule::new(limits), now: at(1000), random: SeededRandom::new(1) }
    }

    fn uid(&self) -> Uid {
        Uid::new(&self.random)
    }

    fn add(&mut self, uid: Uid, size: u64) -> Option<Place> {
        let place = self.schedule.reserve(uid, "r".into(), size, self.now)?;
        self.schedule.arrived(uid, place.clone(), size, true, self.now);
        Some(place)
    }

    fn next(&mut self) -> Next {
        self.schedule.next(self.now)
    }

    fn run(&mut self) -> (Uid, Place) {
        match self.next() {
            Next::Run(uid, place) => (uid, place),
            Next::Wait(until) => panic!("nothing to run until {until:?}"),
        }
    }

    fn end(&mut self, (uid, place): (Uid, Place), end: End) {
        self.schedule.ended(uid, place, end, self.now);
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }
}

#[test]
fn events_run_in_the_order_of_their_acceptance() {
    let mut bench = Bench::new(LIMITS);
    let uid = bench.uid();
    let places: Vec<_> = (0..5).map(|_| bench.add(uid, 10).expect("room")).collect();
    let ran: Vec<_> = (0..5).map(|_| bench.run().1).collect();
    assert_eq!(ran, places);
    assert_eq!(bench.next(), Next::Wait(None));
    assert_eq!(bench.schedule.events(), 5);
    for place in places {
        bench.end((uid, place), End::Done);
    }
    assert_eq!(bench.schedule.events(), 0);
    assert_eq!(bench.schedule.bytes, 0);
}

#[test]
fn a_retry_waits_until_it_is_due() {
    let mut bench = Bench::new(LIMITS);
    let uid = bench.uid();
    bench.add(uid, 10).expect("room");
    let first = bench.run();
    let due = bench.now + Duration::from_secs(60);
    bench.end(first.clone(), End::Later(due));
    assert_eq!(bench.next(), Next::Wait(Some(due)));
    bench.pass(59);
    assert_eq!(bench.next(), Next::Wait(Some(due)));
    // Others are not held up.
    bench.add(uid, 10).expect("room");
    assert_ne!(bench.run(), first);
    bench.pass(1);
    assert_eq!(bench.run(), first);
}

#[test]
fn waits_after_refusals() {
    fn check(refusals: u32, seconds: u64) {
        assert_eq!(backoff(refusals), Duration::from_secs(seconds), "{refusals}");
    }
    check(1, 1);
    check(2, 2);
    check(5, 16);
    check(9, 256);
    check(10, 300);
    check(u32::MAX, 300);
}

#[test]
fn a_refused_line_waits_longer_each_time() {
    let mut bench = Bench::new(LIMITS);
    let uid = bench.uid();
    bench.add(uid, 10).expect("room");
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        let event = bench.run();
        bench.end(event, End::Refused);
        let until = bench.now + Duration::from_secs(seconds);
        assert_eq!(bench.next(), Next::Wait(Some(until)));
        bench.pass(seconds);
    }
    let event = bench.run();
    bench.end(event, End::Refused);
    bench.schedule.retry(uid, bench.now);
    let event = bench.run();
    bench.end(event, End::Done);
    // A success ends the waiting: the next refusal is the first again.
    bench.add(uid, 10).expect("room");
    let event = bench.run();
    bench.end(event, End::Refused);
    assert_eq!(bench.next(), Next::Wait(Some(bench.now + Duration::from_secs(1))));
}

#[test]
fn a_line_learns_how_many_can_run() {
    let mut bench = Bench::new(LIMITS);
    let uid = bench.uid();
    for _ in 0..100 {
        bench.add(uid, 10).expect("room");
    }
    let mut started: Vec<_> = (0..MAX_WORKERS).map(|_| bench.run()).collect();
    assert_eq!(bench.next(), Next::Wait(None), "no more than the limit of a function");
    // Three can run at once.
    for refused in started.split_off(3) {
        bench.end(refused, End::Refused);
    }
    bench.end(started.remove(0), End::Done);
    let again = [bench.run(), bench.run()];
    assert!(matches!(bench.next(), Next::Wait(_)), "two more at most: one that can and one to find out");
    let [runs, refused] = again;
    bench.end(refused, End::Refused);
    bench.end(runs, End::Done);
    assert!(matches!(bench.next(), Next::Run(..)));
}

#[test]
fn a_storm_of_one_function_does_not_hold_up_another() {
    let mut bench = Bench::new(LIMITS);
    let (storm, quiet) = (bench.uid(), bench.uid());
    for _ in 0..500 {
        bench.add(storm, 1000).expect("room");
    }
    let mut before = Vec::new();
    for _ in 0..10 {
        before.push(bench.run());
    }
    let place = bench.add(quiet, 1000).expect("room");
    for event in before {
        bench.end(event, End::Done);
    }
    // What one line may spend in its turn.
    let most = usize::try_from(QUANTUM / COST).expect("few") + 1;
    let mut others = 0;
    while bench.run() != (quiet, place.clone()) {
        others += 1;
        assert!(others <= most, "{others} events came first");
    }
}

#[test]
fn turns_are_equal_in_bytes() {
    let mut bench = Bench::new(Limits { events: 10_000, bytes: 1 << 40 });
    let (large, small) = (bench.uid(), bench.uid());
    for _ in 0..2000 {
        bench.add(large, 100 * 1024).expect("room");
        bench.add(small, 1024).expect("room");
    }
    let mut spent = HashMap::from([(large, 0), (small, 0)]);
    for _ in 0..1000 {
        let (uid, place) = bench.run();
        *spent.get_mut(&uid).expect("one of two") += COST + if uid == large { 100 * 1024 } else { 1024 };
        bench.end((uid, place), End::Done);
    }
    let difference = spent[&large].abs_diff(spent[&small]);
    assert!(difference <= 4 * QUANTUM, "{spent:?}");
}

#[test]
fn there_are_caps() {
    let mut bench = Bench::new(Limits { events: 3, bytes: 100 });
    let (a, b) = (bench.uid(), bench.uid());
    for _ in 0..3 {
        assert!(bench.add(a, 10).is_some());
    }
    assert!(bench.add(a, 10).is_none(), "three events a function");
    assert!(bench.add(b, 71).is_none(), "a hundred bytes in all");
    assert!(bench.add(b, 70).is_some());
    bench.schedule.forget(b);
    assert!(bench.add(b, 70).is_some(), "what is forgotten frees its room");
    bench.schedule.close();
    assert_eq!(bench.next(), Next::Wait(None));
    assert!(bench.add(a, 1).is_none());
}

#[test]
fn no_more_than_the_limit_run_at_once() {
    let mut bench = Bench::new(LIMITS);
    let uids: Vec<_> = (0..20).map(|_| bench.uid()).collect();
    for uid in &uids {
        for _ in 0..30 {
            bench.add(*uid, 10).expect("room");
        }
    }
    let started: Vec<_> = (0..MAX_RUNNING).map(|_| bench.run()).collect();
    assert_eq!(bench.next(), Next::Wait(None));
    bench.end(started[0].clone(), End::Done);
    assert!(matches!(bench.next(), Next::Run(..)));
}

#[test]
fn what_an_earlier_server_accepted_comes_first() {
    let mut bench = Bench::new(LIMITS);
    let uid = bench.uid();
    let place = |number| Place { number, request: "r".into() };
    let late = u64::MAX / 2;
    bench.schedule.found(uid, place(late), 10, None, bench.now);
    bench.schedule.found(uid, place(1), 10, None, bench.now);
    bench.schedule.found(uid, place(2), 10, Some(bench.now + Duration::from_secs(5)), bench.now);
    let new = bench.add(uid, 10).expect("room");
    assert!(new.number > late, "a new event comes last, even if the clock was set back");
    assert_eq!([bench.run().1, bench.run().1, bench.run().1], [place(1), place(late), new]);
    bench.pass(5);
    assert_eq!(bench.run().1, place(2));
}

proptest! {
    /// Whatever happens: no event runs twice at once, none is lost, none runs before it is due.
    #[test]
    fn nothing_is_lost_or_doubled(steps in prop::collection::vec((0_u8..6, 0_u8..4, 0_u16..2000), 1..200)) {
        let mut bench = Bench::new(Limits { events: 50, bytes: 1 << 20 });
        let uids: Vec<_> = (0..4).map(|_| bench.uid()).collect();
        let (mut alive, mut running) = (BTreeSet::new(), Vec::new());
        for (what, which, n) in steps {
            let uid = uids[usize::from(which)];
            match what {
                0 | 1 => if let Some(place) = bench.add(uid, u64::from(n)) {
                    prop_assert!(alive.insert((uid, place)));
                },
                2 | 3 => if let Next::Run(uid, place) = bench.next() {
                    prop_assert!(alive.contains(&(uid, place.clone())));
                    prop_assert!(!running.contains(&(uid, place.clone())));
                    running.push((uid, place));
                },
                4 => if let Some(event) = running.pop() {
                    let end = match n % 3 {
                        0 => End::Done,
                        1 => End::Later(bench.now + Duration::from_secs(u64::from(n))),
                        _ => End::Refused,
                    };
                    if end == End::Done {
                        alive.remove(&event);
                    }
                    bench.end(event, end);
                },
                _ => bench.pass(u64::from(n % 10)),
            }
            prop_assert_eq!(bench.schedule.events(), alive.len());
        }
        // Left alone for long enough, everything runs.
        for event in running.drain(..) {
            bench.end(event.clone(), End::Done);
            alive.remove(&event);
        }
        for _ in 0..1000 {
            match bench.next() {
                Next::Run(uid, place) => {
                    prop_assert!(alive.remove(&(uid, place.clone())));
                    bench.end((uid, place), End::Done);
                }
                Next::Wait(Some(until)) => bench.now = until.max(bench.now),
                Next::Wait(None) => break,
            }
        }
        prop_assert!(alive.is_empty(), "{} were left", alive.len());
        prop_assert_eq!(bench.schedule.bytes, 0);
    }
}
