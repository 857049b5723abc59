//! Short work runs on the processor where its request is served.
//!
//! A thread that hands a call to another processor wakes it from its idleness, goes idle itself, and is woken in turn;
//! on a virtual machine each of these is an exit to the host. If the instance runs where the thread runs, the processor
//! goes from one to the other and back. What pays for a call of tens of microseconds would be wrong for a long one,
//! which could have a processor of its own while others are served here: so only instances whose calls are short are
//! *kept* on a processor, and one that is found computing there is let go, from outside and while it runs.

use crate::Home;
use std::{
    cell::Cell,
    io,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tinderbox_base::{Clock, Monotonic};
use tokio::{sync::Notify, time::sleep};

/// A call is short up to this.
const SHORT: Duration = Duration::from_millis(1);
/// How many calls in a row must have been short.
const STREAK: u8 = 16;
/// Up to this, a call of an instance that is kept passes for short: others may have run before it.
const LONG: Duration = Duration::from_millis(2);
/// How many long calls in a row an instance that is kept may have, if none is long enough to be looked at.
const MOST_LONG: u8 = 4;
/// Calls in progress on one thread up to which their instances are kept: with more, processors have no time to be idle,
/// and the system places processes better than we do.
const FEW: u32 = 2;
/// How often calls in progress are looked at.
const TICK: Duration = Duration::from_millis(4);
/// Ticks without a call after which nobody looks any more.
const QUIET_TICKS: u32 = 25;

thread_local! {
    static IN_PROGRESS: Cell<u32> = const { Cell::new(0) };
}

/// A call in progress on a thread with a home.
pub(crate) struct InProgress(());

impl InProgress {
    fn enter() -> Self {
        IN_PROGRESS.set(IN_PROGRESS.get() + 1);
        Self(())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        // What runs on a thread with a home is dropped there; what is not, at its end, would only keep fewer.
        IN_PROGRESS.set(IN_PROGRESS.get().saturating_sub(1));
    }
}

/// Where the threads of one instance run.
pub trait Processors: Send + Sync {
    /// Has its first thread run on one processor only.
    ///
    /// # Errors
    /// The system's.
    fn keep_to(&self, processor: usize) -> io::Result<()>;

    /// Lets all its threads run everywhere.
    ///
    /// # Errors
    /// The system's.
    fn release(&self) -> io::Result<()>;

    /// Processor time used so far, if it is known.
    fn time(&self) -> Option<Duration>;

    /// What its first thread has used so far, if it is known.
    fn used(&self) -> Option<Usage> {
        None
    }
}

/// What a thread uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time.
    pub computed: Duration,
    /// How often it gave its processor up because it had to wait.
    pub waits: u64,
}

impl Usage {
    /// What was used between two moments.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            computed: self.computed.saturating_sub(before.computed),
            waits: self.waits.saturating_sub(before.waits),
        }
    }
}

/// All instances that are, or may be, kept on a processor.
pub(crate) struct Cores {
    clock: Arc<dyn Clock>,
    seats: Mutex<Vec<Weak<Seat>>>,
    /// A call began since the last tick.
    active: AtomicBool,
    /// Somebody looks.
    awake: AtomicBool,
    wake: Notify,
}

/// What is shared of one instance between its user and who looks.
struct Seat {
    processors: Arc<dyn Processors>,
    /// When the present call began, in nanoseconds, plus one; 0 between calls.
    began: AtomicU64,
    /// The processor it is kept on, plus one, or 0. Changed under the lock only, together with the system's idea.
    kept: AtomicUsize,
    look: Mutex<Option<Look>>,
}

/// What was seen of a call in progress.
struct Look {
    began: u64,
    at: Monotonic,
    used: Option<Duration>,
    /// When to look again.
    next: Monotonic,
}

/// An instance's part, in the hands of its user.
pub(crate) struct Place {
    cores: Arc<Cores>,
    seat: Arc<Seat>,
    /// Short calls in a row.
    short: u8,
    /// Long calls in a row.
    long: u8,
    listed: bool,
}

impl Cores {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            seats: Mutex::default(),
            active: AtomicBool::new(false),
            awake: AtomicBool::new(false),
            wake: Notify::new(),
        })
    }

    /// A place for an instance, which is not kept anywhere yet.
    pub(crate) fn place(self: &Arc<Self>, processors: Arc<dyn Processors>) -> Place {
        let (began, kept) = (AtomicU64::new(0), AtomicUsize::new(0));
        let seat = Arc::new(Seat { processors, began, kept, look: Mutex::default() });
        Place { cores: Arc::clone(self), seat, short: 0, long: 0, listed: false }
    }

    /// Looks at calls in progress for as long as there are any. Ends with the last handle.
    pub(crate) async fn watch(cores: Weak<Self>) {
        let mut quiet = 0;
        while let Some(this) = cores.upgrade() {
            if quiet < QUIET_TICKS {
                drop(this);
                sleep(TICK).await;
                let Some(this) = cores.upgrade() else { return };
                quiet = if this.tick() { 0 } else { quiet + 1 };
            } else {
                this.awake.store(false, Ordering::SeqCst);
                // A call that began before this thread fell asleep has seen it awake.
                if !this.active.swap(false, Ordering::SeqCst) {
                    let waker = async { this.wake.notified().await };
                    tokio::select! {
                        () = waker => {}
                        // Nobody may be left to wake it.
                        () = sleep(Duration::from_secs(60)) => continue,
                    }
                }
                this.awake.store(true, Ordering::SeqCst);
                quiet = 0;
            }
        }
    }

    /// Lets go who computes. Answers whether anything goes on.
    fn tick(&self) -> bool {
        let now = self.clock.monotonic();
        let mut busy = self.active.swap(false, Ordering::Relaxed);
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|seat| {
            let Some(seat) = seat.upgrade() else { return false };
            busy |= seat.look(now);
            true
        });
        busy
    }
}

impl Seat {
    /// Looks at the present call, if there is one. Answers whether there is.
    fn look(&self, now: Monotonic) -> bool {
        let began = self.began.load(Ordering::Acquire);
        if began == 0 || self.kept.load(Ordering::Relaxed) == 0 {
            return began != 0;
        }
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        match &*look {
            Some(before) if before.began == began => {
                if now < before.next {
                    return true;
                }
                let span = now.since(before.at);
                let used = self.processors.time();
                let computed = match (before.used, used) {
                    (Some(before), Some(now)) => now.saturating_sub(before),
                    // Where nobody knows, who takes long is believed to compute.
                    _ => span,
                };
                if computed >= span / 2 {
                    *look = None;
                    drop(look);
                    self.release();
                } else {
                    // Who waits is looked at less and less often.
                    *look = Some(Look { began, at: now, used, next: now + span * 2 });
                }
            }
            _ => *look = Some(Look { began, at: now, used: self.processors.time(), next: now }),
        }
        true
    }

    fn keep_to(&self, processor: usize) {
        let _changing = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        if self.processors.keep_to(processor).is_ok() {
            self.kept.store(processor + 1, Ordering::Relaxed);
        }
    }

    fn release(&self) {
        let _changing = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        self.kept.store(0, Ordering::Relaxed);
        if let Err(error) = self.processors.release() {
            tracing::debug!(%error, "an instance stays on its processor");
        }
    }
}

impl Place {
    /// A call begins on this thread; what is answered is kept until its end.
    pub(crate) fn begin(&mut self) -> Option<InProgress> {
        if Home::current() == Home::default() {
            return None;
        }
        let call = InProgress::enter();
        if IN_PROGRESS.get() > FEW {
            self.short = 0;
            if self.seat.kept.load(Ordering::Relaxed) != 0 {
                self.seat.release();
            }
        } else if self.short == STREAK {
            self.keep_here();
        }
        Some(call)
    }

    fn keep_here(&mut self) {
        let here = rustix::thread::sched_getcpu();
        if self.seat.kept.load(Ordering::Relaxed) != here + 1 {
            self.seat.keep_to(here);
            if !std::mem::replace(&mut self.listed, true) {
                let seats = &self.cores.seats;
                seats.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&self.seat));
            }
        }
        let now = self.cores.clock.monotonic().elapsed().as_nanos();
        self.seat.began.store(u64::try_from(now).unwrap_or(u64::MAX - 1) + 1, Ordering::Release);
        if !self.cores.active.load(Ordering::Relaxed) {
            self.cores.active.store(true, Ordering::SeqCst);
            if !self.cores.awake.load(Ordering::SeqCst) {
                self.cores.wake.notify_one();
            }
        }
    }

    /// The call is over; it took so long.
    pub(crate) fn end(&mut self, took: Duration) {
        self.seat.began.store(0, Ordering::Release);
        if self.seat.kept.load(Ordering::Relaxed) == 0 {
            // Never kept, or let go while it ran.
            let few = IN_PROGRESS.get() <= FEW;
            self.short = if few && took <= SHORT { self.short.saturating_add(1).min(STREAK) } else { 0 };
            self.long = 0;
            return;
        }
        self.long = if took > LONG { self.long + 1 } else { 0 };
        if self.long == MOST_LONG {
            self.seat.release();
            (self.short, self.long) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::{ManualClock, Timestamp};

    /// Notes what is asked, and has used as much time as it is told.
    #[derive(Default)]
    struct Noted {
        asked: Mutex<Vec<Option<usize>>>,
        used: Mutex<Option<Duration>>,
    }

    impl Processors for Noted {
        fn keep_to(&self, processor: usize) -> io::Result<()> {
            self.asked.lock().unwrap().push(Some(processor));
            Ok(())
        }

        fn release(&self) -> io::Result<()> {
            self.asked.lock().unwrap().push(None);
            Ok(())
        }

        fn time(&self) -> Option<Duration> {
            *self.used.lock().unwrap()
        }
    }

    struct Bed {
        clock: Arc<ManualClock>,
        cores: Arc<Cores>,
        noted: Arc<Noted>,
        place: Place,
    }

    impl Bed {
        fn new() -> Self {
            Home::found(1);
            let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
            clock.advance(Duration::from_secs(1));
            let (cores, noted) = (Cores::new(clock.clone()), Arc::new(Noted::default()));
            let place = cores.place(noted.clone());
            Self { clock, cores, noted, place }
        }

        fn calls(&mut self, count: usize, took: Duration) {
            for _ in 0..count {
                let _call = self.place.begin();
                self.clock.advance(took);
                self.place.end(took);
            }
        }

        /// A call in progress that is looked at, and uses so much between two looks.
        fn looked_at(&mut self, ticks: u32, used_a_tick: Option<Duration>) {
            let _call = self.place.begin();
            for tick in 0..=ticks {
                *self.noted.used.lock().unwrap() = used_a_tick.map(|used| used * tick);
                assert!(self.cores.tick(), "it goes on");
                self.clock.advance(TICK);
            }
        }

        /// How often it was kept, and how often let go.
        fn asked(&self) -> (usize, usize) {
            let asked = self.noted.asked.lock().unwrap();
            let kept = asked.iter().flatten().count();
            (kept, asked.len() - kept)
        }
    }

    #[test]
    fn only_a_streak_of_short_calls_is_kept() {
        let mut bed = Bed::new();
        bed.calls(usize::from(STREAK), SHORT);
        assert_eq!(bed.asked().0, 0);
        bed.calls(1, SHORT);
        assert!(bed.asked().0 > 0);
        let mut bed = Bed::new();
        for _ in 0..10 {
            bed.calls(usize::from(STREAK) - 1, SHORT);
            bed.calls(1, SHORT * 2);
        }
        assert_eq!(bed.asked(), (0, 0));
    }

    #[test]
    fn who_computes_is_let_go_while_it_runs() {
        let check = |ticks: u32, used_a_tick: Option<Duration>, let_go: usize| {
            let mut bed = Bed::new();
            bed.calls(usize::from(STREAK), SHORT);
            bed.looked_at(ticks, used_a_tick);
            assert_eq!(bed.asked().1, let_go, "{ticks} {used_a_tick:?}");
            bed.place.end(TICK * ticks);
            // Whoever was let go must prove itself again.
            let before = bed.asked().0;
            bed.calls(usize::from(STREAK), SHORT);
            assert!(let_go == 0 || bed.asked().0 == before);
        };
        check(0, Some(TICK), 0);
        check(1, Some(TICK), 1);
        check(5, Some(TICK), 1);
        check(50, Some(TICK / 10), 0);
        check(1, None, 1);
    }

    #[test]
    fn who_becomes_slow_is_let_go() {
        let mut bed = Bed::new();
        bed.calls(usize::from(STREAK) + 1, SHORT);
        bed.calls(usize::from(MOST_LONG) - 1, LONG * 2);
        bed.calls(1, LONG);
        assert_eq!(bed.asked().1, 0);
        bed.calls(usize::from(MOST_LONG), LONG * 2);
        assert_eq!(bed.asked().1, 1);
    }

    #[test]
    fn where_many_calls_are_in_progress_nobody_is_kept() {
        let mut bed = Bed::new();
        bed.calls(usize::from(STREAK) + 1, SHORT);
        let others: Vec<_> = (0..FEW).map(|_| InProgress::enter()).collect();
        bed.calls(usize::from(STREAK) * 2, SHORT);
        assert_eq!(bed.asked().1, 1, "it is let go once");
        let kept = bed.asked().0;
        drop(others);
        bed.calls(usize::from(STREAK), SHORT);
        assert_eq!(bed.asked().0, kept);
        bed.calls(1, SHORT);
        assert!(bed.asked().0 > kept);
    }

    #[test]
    fn elsewhere_than_on_a_thread_with_a_home_nobody_is_kept() {
        let mut bed = Bed::new();
        Home::found(0);
        bed.calls(usize::from(STREAK) * 2, SHORT);
        assert_eq!(bed.asked(), (0, 0));
    }

    #[test]
    fn nobody_is_listed_for_longer_than_it_lives() {
        let mut bed = Bed::new();
        bed.calls(usize::from(STREAK) + 1, SHORT);
        assert_eq!(bed.cores.seats.lock().unwrap().len(), 1);
        drop(bed.place);
        assert!(bed.cores.tick(), "calls were made");
        assert!(!bed.cores.tick());
        assert!(bed.cores.seats.lock().unwrap().is_empty());
    }
}
