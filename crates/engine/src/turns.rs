//! Calls that only compute, and little, take turns.
//!
//! Sixteen requests at once for a function whose calls compute for 50 us each need no sixteen instances: two processors
//! cannot run more than two, and each time another process takes the processor it finds caches that hold somebody else's
//! memory, which more than doubles what such a call costs. Nor do two of them help the thread that serves them: it cannot pass
//! a call on and render an answer at once, and what others ask of it waits behind both. So a thread has one call of such a
//! version in progress, or a few, and the next request takes the instance that has just answered, instead of a cold one at
//! the same moment.
//!
//! Beside other versions it leaves them a processor: then fewer calls are in progress on all threads together than there are
//! processors, and one storm does not make everybody else wait.
//!
//! What a version is like is not told but watched: its instances' processor time, and how often they gave the processor up.
//! One that waits in its calls, for a database or a sleep, loses nothing by others that run meanwhile, and gets no turns.

use crate::{Home, Processors, Usage, company::Company};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

/// A thread has one call in progress for each time that a call computes as long as this, begun or over. It is well above what
/// switching to a cold instance costs: what is measured of calls includes that, and must not be a reason for more of it.
const SWITCH: Duration = Duration::from_micros(250);
/// Calls that compute for longer get no turns: beside them neither a cold cache nor the boot of another instance is much.
/// A small function's calls take as long while its interpreter still compiles it and others want the processors.
const LONGEST: Duration = Duration::from_millis(2);
/// Of how many calls one may give its processor up in the middle, on average. Each does so once when it has answered.
const WAITS_IN: u32 = 4;
/// Calls that are watched together; fewer at first. Of the first all but one may wait: the interpreter then waits for its
/// own threads that compile, the longer the busier the processors are.
const WATCHED: u32 = 64;
const FIRST_WATCHED: u32 = 8;
/// How long no call of a thread may end before one more runs, and after as long two more, and so on: what runs may not be
/// what it was. Or it is only that others have the processors; if all that wait ran then, each with an instance of its own,
/// they would keep the processors from each other for as long as they come.
const PATIENCE: Duration = Duration::from_millis(20);

/// The turns of one version.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Calls in progress on one thread; 0 for no bound.
    at_once: AtomicU32,
    lines: OnceLock<Arc<Lines>>,
}

/// Who runs and who waits.
#[derive(Debug)]
struct Lines {
    company: Arc<Company>,
    /// For each home, taken modulo their count.
    each: Box<[Mutex<State>]>,
    /// Calls in progress on all threads that were given a turn.
    running: AtomicU32,
    /// Some had to wait so that others have a processor: a turn that ends is any thread's.
    rationed: AtomicBool,
}

/// Those of one thread.
#[derive(Debug, Default)]
struct State {
    running: u32,
    /// The first to come is first.
    waiting: VecDeque<oneshot::Sender<Turn>>,
    /// As in [`Turns`], seen last.
    at_once: u32,
    /// When a call last ended, or more were let run although none did.
    moved: Option<Instant>,
    /// How many those were, since a call ended.
    hurried: usize,
}

/// A call's turn, on the thread of this number; the next one's comes when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Option<(Arc<Lines>, usize)>);

impl Turns {
    /// Waits for this call's turn, if calls of this version take turns on this thread.
    pub(crate) async fn take(&self, company: &Arc<Company>) -> Option<Turn> {
        company.called(std::ptr::from_ref(self).addr());
        let (at_once, home) = (self.at_once.load(Ordering::Relaxed), Home::current());
        if at_once == 0 || home == Home::default() {
            return None;
        }
        let lines = self.lines.get_or_init(|| Lines::new(company));
        let number = home.number() % lines.each.len();
        let mut waits = {
            let mut state = lines.lock(number);
            state.at_once = at_once;
            if lines.starts(&mut state, company.most()) {
                return Some(Turn(Some((Arc::clone(lines), number))));
            }
            let (turn, waits) = oneshot::channel();
            state.waiting.push_back(turn);
            waits
        };
        loop {
            match timeout(PATIENCE, &mut waits).await {
                Ok(turn) => return turn.ok(),
                Err(_) => lines.hurry(number),
            }
        }
    }

    /// Notes what calls of one instance used, which were so many.
    pub(crate) fn learn(&self, used: Usage, calls: u32) {
        let each = used.computed / calls.max(1);
        let waits = used.waits.saturating_sub(u64::from(calls));
        let tolerated = if calls < WATCHED { calls.saturating_sub(1) } else { calls / WAITS_IN };
        if each > LONGEST || waits > u64::from(tolerated) {
            return self.open();
        }
        let at_once = each.as_nanos().div_ceil(SWITCH.as_nanos()).max(1);
        self.at_once.store(u32::try_from(at_once).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// Lets all run that wait, and whoever comes.
    fn open(&self) {
        if self.at_once.swap(0, Ordering::Relaxed) != 0
            && let Some(lines) = self.lines.get()
        {
            (0..lines.each.len()).for_each(|number| drop(std::mem::take(&mut lines.lock(number).waiting)));
        }
    }
}

impl Lines {
    fn new(company: &Arc<Company>) -> Arc<Self> {
        Arc::new(Self {
            company: Arc::clone(company),
            each: (0..company.processors()).map(|_| Mutex::default()).collect(),
            running: AtomicU32::new(0),
            rationed: AtomicBool::new(false),
        })
    }

    fn lock(&self, number: usize) -> MutexGuard<'_, State> {
        self.each[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a call of the thread whose lock is held, if it may run: of its own and, of all threads', at most `most`.
    fn starts(&self, state: &mut State, most: u32) -> bool {
        if state.running >= state.at_once {
            return false;
        }
        if most < u32::MAX {
            // Before it is counted: a turn that ends meanwhile either makes room or looks at this thread, when it is
            // unlocked.
            self.rationed.store(true, Ordering::SeqCst);
        }
        let counted = self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |running| {
            (running < most).then_some(running + 1)
        });
        state.running += u32::from(counted.is_ok());
        counted.is_ok()
    }

    /// A call of this thread has ended: whoever may run next does.
    fn ended(self: &Arc<Self>, number: usize) {
        {
            let mut state = self.lock(number);
            state.running -= 1;
            (state.moved, state.hurried) = (Some(Instant::now()), 0);
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        if !self.rationed.load(Ordering::SeqCst) {
            return self.go_on(number, u32::MAX);
        }
        let most = self.company.most();
        if most == u32::MAX {
            self.rationed.store(false, Ordering::SeqCst);
        }
        // The next thread's first: of what there is for all, each has its part.
        (1..=self.each.len()).for_each(|step| self.go_on((number + step) % self.each.len(), most));
    }

    /// Lets those of a thread run that may.
    fn go_on(self: &Arc<Self>, number: usize, most: u32) {
        while let Some(next) = self.next(number, most) {
            self.give(number, next);
        }
    }

    /// One that may run next.
    fn next(&self, number: usize, most: u32) -> Option<oneshot::Sender<Turn>> {
        let mut state = self.lock(number);
        if state.waiting.is_empty() || !self.starts(&mut state, most) {
            return None;
        }
        state.waiting.pop_front()
    }

    /// Somebody has waited for long: if no call has ended for as long, more run than should.
    fn hurry(self: &Arc<Self>, number: usize) {
        let more: Vec<_> = {
            let mut state = self.lock(number);
            if state.moved.is_some_and(|moved| moved.elapsed() < PATIENCE) {
                return;
            }
            let more = (state.hurried + 1).min(state.waiting.len());
            (state.moved, state.hurried) = (Some(Instant::now()), state.hurried + more);
            let counted = u32::try_from(more).unwrap_or(u32::MAX);
            state.running += counted;
            self.running.fetch_add(counted, Ordering::SeqCst);
            state.waiting.drain(..more).collect()
        };
        for next in more {
            self.give(number, next);
        }
    }

    /// Gives a turn that is counted already.
    fn give(self: &Arc<Self>, number: usize, next: oneshot::Sender<Turn>) {
        if let Err(mut unheard) = next.send(Turn(Some((Arc::clone(self), number)))) {
            // Who waited has gone: its turn is nobody's.
            unheard.0 = None;
            self.lock(number).running -= 1;
            self.running.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((lines, number)) = self.0.take() {
            lines.ended(number);
        }
    }
}

/// Watches what an instance's calls use.
pub(crate) struct Watch {
    processors: Arc<dyn Processors>,
    /// Since when, and how many calls ago.
    before: Option<Usage>,
    calls: u32,
    until: u32,
}

impl Watch {
    pub(crate) fn new(processors: Arc<dyn Processors>) -> Self {
        Self { processors, before: None, calls: 0, until: 1 }
    }

    /// A call has ended; now and then this tells `turns` what it has seen.
    pub(crate) fn ended(&mut self, turns: &Turns) {
        self.calls += 1;
        if self.calls < self.until {
            return;
        }
        let used = self.processors.used();
        if let (Some(before), Some(used)) = (self.before, used) {
            turns.learn(used.since(before), self.calls);
            self.until = WATCHED;
        } else {
            // What it did before its first call ended is no call's.
            self.until = FIRST_WATCHED;
        }
        (self.before, self.calls) = (used, 0);
    }
}

#[cfg(test)]
mod tests;
