//! Calls that only compute, and little, take turns.
//!
//! Sixteen requests at once for a function whose calls compute for 50 us each need no sixteen instances: two processors
//! cannot run more than two, and each time another process takes the processor it finds caches that hold somebody else's
//! memory, which more than doubles what such a call costs. Nor do two of them help the thread that serves them: it cannot pass
//! a call on and render an answer at once, and what others ask of it waits behind both. So a thread has one call of such a
//! version in progress, or a few, and the next request takes the instance that has just answered, instead of a cold one at
//! the same moment.
//!
//! What a version is like is not told but watched: its instances' processor time, and how often they gave the processor up.
//! One that waits in its calls, for a database or a sleep, loses nothing by others that run meanwhile, and gets no turns.

use crate::{Home, Processors, Usage};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
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
    /// For each home, taken modulo their count.
    lines: OnceLock<Box<[Arc<Line>]>>,
}

/// Who runs and who waits on one thread.
#[derive(Debug, Default)]
struct Line {
    state: Mutex<State>,
}

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

/// A call's turn; the next one's comes when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Option<Arc<Line>>);

impl Turns {
    /// Waits for this call's turn, if calls of this version take turns on this thread.
    pub(crate) async fn take(&self) -> Option<Turn> {
        let (at_once, home) = (self.at_once.load(Ordering::Relaxed), Home::current());
        if at_once == 0 || home == Home::default() {
            return None;
        }
        let line = self.line(home);
        let mut waits = {
            let mut state = line.lock();
            state.at_once = at_once;
            if state.running < at_once {
                state.running += 1;
                return Some(Turn(Some(Arc::clone(line))));
            }
            let (turn, waits) = oneshot::channel();
            state.waiting.push_back(turn);
            waits
        };
        loop {
            match timeout(PATIENCE, &mut waits).await {
                Ok(turn) => return turn.ok(),
                Err(_) => line.hurry(),
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
        if self.at_once.swap(0, Ordering::Relaxed) != 0 {
            for line in self.lines.get().into_iter().flatten() {
                drop(std::mem::take(&mut line.lock().waiting));
            }
        }
    }

    fn line(&self, home: Home) -> &Arc<Line> {
        let lines = self.lines.get_or_init(|| {
            let count = std::thread::available_parallelism().map_or(1, usize::from);
            (0..count).map(|_| Arc::default()).collect()
        });
        &lines[home.number() % lines.len()]
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call has ended: whoever may run next does.
    fn ended(self: &Arc<Self>) {
        {
            let mut state = self.lock();
            state.running -= 1;
            (state.moved, state.hurried) = (Some(Instant::now()), 0);
        }
        while let Some(next) = self.next() {
            self.give(next);
        }
    }

    /// One that may run next.
    fn next(&self) -> Option<oneshot::Sender<Turn>> {
        let mut state = self.lock();
        if state.running >= state.at_once {
            return None;
        }
        let next = state.waiting.pop_front()?;
        state.running += 1;
        Some(next)
    }

    /// Somebody has waited for long: if no call has ended for as long, more run than should.
    fn hurry(self: &Arc<Self>) {
        let more: Vec<_> = {
            let mut state = self.lock();
            if state.moved.is_some_and(|moved| moved.elapsed() < PATIENCE) {
                return;
            }
            let more = (state.hurried + 1).min(state.waiting.len());
            (state.moved, state.hurried) = (Some(Instant::now()), state.hurried + more);
            state.running += u32::try_from(more).unwrap_or(u32::MAX);
            state.waiting.drain(..more).collect()
        };
        for next in more {
            self.give(next);
        }
    }

    /// Gives a turn that is counted already.
    fn give(self: &Arc<Self>, next: oneshot::Sender<Turn>) {
        if let Err(mut unheard) = next.send(Turn(Some(Arc::clone(self)))) {
            // Who waited has gone: its turn is nobody's.
            unheard.0 = None;
            self.lock().running -= 1;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(line) = self.0.take() {
            line.ended();
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
