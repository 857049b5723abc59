//! Whether a version is alone on this host, or others are called beside it.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
    time::Duration,
};
use tokio::time::Instant;

/// How long after one version's call another has company: longer than who is called again and again pauses, and soon over
/// for one that is alone again.
const LASTS: Duration = Duration::from_millis(100);

/// Who is called.
#[derive(Debug)]
pub(crate) struct Company {
    begun: Instant,
    /// Whose call came last, or 0.
    last: AtomicUsize,
    /// When a call came that was not of the one before, in microseconds from the beginning, plus one; or 0.
    changed: AtomicU64,
    /// How many there are.
    processors: usize,
}

impl Company {
    pub(crate) fn new() -> Self {
        Self::on(thread::available_parallelism().map_or(1, usize::from))
    }

    pub(crate) fn on(processors: usize) -> Self {
        Self { begun: Instant::now(), last: AtomicUsize::new(0), changed: AtomicU64::new(0), processors }
    }

    /// How many processors there are.
    pub(crate) fn processors(&self) -> usize {
        self.processors
    }

    /// Notes a call of `who`, which is not 0.
    pub(crate) fn called(&self, who: usize) {
        if self.last.load(Ordering::Relaxed) != who && self.last.swap(who, Ordering::Relaxed) != 0 {
            self.changed.store(self.micros() + 1, Ordering::Relaxed);
        }
    }

    /// How many calls of one version may run at once, whatever else bounds them: all where it is alone; beside others as
    /// many as leave them a processor.
    pub(crate) fn most(&self) -> u32 {
        let changed = self.changed.load(Ordering::Relaxed);
        let lasts = u64::try_from(LASTS.as_micros()).unwrap_or(u64::MAX);
        match changed != 0 && self.micros().saturating_sub(changed) < lasts {
            true => u32::try_from(self.processors.saturating_sub(1).max(1)).unwrap_or(u32::MAX),
            false => u32::MAX,
        }
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_has_company_leaves_a_processor() {
        async fn check(processors: usize, calls: &[usize], after: Duration, expect: u32) {
            let company = Company::on(processors);
            calls.iter().for_each(|who| company.called(*who));
            tokio::time::advance(after).await;
            assert_eq!(company.most(), expect, "{processors} {calls:?} {after:?}");
        }
        let soon = LASTS / 2;
        check(8, &[], soon, u32::MAX).await;
        check(8, &[1, 1, 1], soon, u32::MAX).await;
        check(8, &[1, 2], soon, 7).await;
        check(8, &[1, 2, 2, 2], soon, 7).await;
        check(8, &[1, 2], LASTS * 2, u32::MAX).await;
        check(2, &[1, 2], soon, 1).await;
        check(1, &[1, 2], soon, 1).await;
    }
}
