//! Stems: generic instances of a runtime, kept ready for whoever comes first.

use super::InstanceKey;
use crate::RuntimeClass;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tinderbox_base::Monotonic;

/// The first pause after a stem could not be booted; it doubles with every failure in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long stems that were missed are kept beyond the configured ones: after each such time without another miss,
/// half of them.
const KEEP_EXTRA: Duration = Duration::from_secs(10);

/// Runtimes whose stems are kept; the one not used for longest gives way to another.
const MAX_POOLS: usize = 8;

/// The stems of every runtime in use.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    classes: HashMap<String, Pool>,
}

/// The stems of one runtime.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) class: Arc<RuntimeClass>,
    /// Ready ones, the newest last.
    pub(crate) ready: Vec<InstanceKey>,
    /// Being booted, claimed by nobody, the oldest first.
    pub(crate) booting: Vec<InstanceKey>,
    /// Stems wanted beyond the configured ones, because requests found none.
    extra: usize,
    /// When half of the extra ones are given up.
    relax_at: Monotonic,
    used: Monotonic,
    failures: u32,
    retry_at: Monotonic,
}

impl Pools {
    /// The pool of `class`, which is used at `now`; made if this is its first use.
    pub(crate) fn open(&mut self, now: Monotonic, class: &Arc<RuntimeClass>) -> &mut Pool {
        let pool = self.classes.entry(class.key.clone()).or_insert_with(|| Pool {
            class: class.clone(),
            ready: Vec::new(),
            booting: Vec::new(),
            extra: 0,
            relax_at: now,
            used: now,
            failures: 0,
            retry_at: Monotonic::default(),
        });
        pool.used = now;
        pool
    }

    /// Closes the pool not used for longest, if there are too many; answers its stems.
    pub(crate) fn close_surplus(&mut self) -> Option<Vec<InstanceKey>> {
        if self.classes.len() <= MAX_POOLS {
            return None;
        }
        let settled = self.classes.values().filter(|p| p.booting.is_empty());
        let key = settled.min_by_key(|p| p.used)?.class.key.clone();
        self.classes.remove(&key).map(|pool| pool.ready)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Pool> {
        self.classes.get_mut(key)
    }

    /// A class whose pool lacks stems and may try now.
    pub(crate) fn lacking(&self, now: Monotonic, target: usize) -> Option<Arc<RuntimeClass>> {
        self.classes.values().find(|p| p.lacks(target) && p.retry_at <= now).map(|p| p.class.clone())
    }

    /// The next moment at which a pool that failed may try again.
    pub(crate) fn next_retry(&self, now: Monotonic, target: usize) -> Option<Monotonic> {
        self.classes.values().filter(|p| p.lacks(target) && p.retry_at > now).map(|p| p.retry_at).min()
    }

    /// Gives up extra stems that nobody missed for a while; answers those that are ready and no longer wanted.
    pub(crate) fn relax(&mut self, now: Monotonic, target: usize) -> Vec<InstanceKey> {
        let due = self.classes.values_mut().filter(|p| p.extra > 0 && p.relax_at <= now);
        due.flat_map(|pool| {
            pool.extra /= 2;
            pool.relax_at = now + KEEP_EXTRA;
            let wanted = (target + pool.extra).saturating_sub(pool.booting.len());
            // The oldest are in front; the newest have the warmest memory.
            pool.ready.drain(..pool.ready.len().saturating_sub(wanted)).collect::<Vec<_>>()
        })
        .collect()
    }

    /// The next moment at which [`Self::relax`] has something to do.
    pub(crate) fn next_relax(&self) -> Option<Monotonic> {
        self.classes.values().filter(|p| p.extra > 0).map(|p| p.relax_at).min()
    }

    /// Takes any ready stem, to make room.
    pub(crate) fn pop_any(&mut self) -> Option<InstanceKey> {
        self.classes.values_mut().find_map(|p| p.ready.pop())
    }

    #[cfg(test)]
    pub(crate) fn ready(&self) -> usize {
        self.classes.values().map(|p| p.ready.len()).sum()
    }

    /// Takes all ready stems.
    pub(crate) fn drain(&mut self) -> Vec<InstanceKey> {
        self.classes.values_mut().flat_map(|p| std::mem::take(&mut p.ready)).collect()
    }
}

impl Pool {
    pub(crate) fn lacks(&self, target: usize) -> bool {
        self.ready.len() + self.booting.len() < target + self.extra
    }

    /// A request found no ready stem: the next burst shall find one more, up to `most` beyond the configured ones.
    pub(crate) fn missed(&mut self, now: Monotonic, most: usize) {
        self.extra = (self.extra + 1).min(most);
        self.relax_at = now + KEEP_EXTRA;
    }

    /// Forgets a stem, wherever it stands.
    pub(crate) fn remove(&mut self, key: InstanceKey) {
        self.ready.retain(|k| *k != key);
        self.booting.retain(|k| *k != key);
    }

    pub(crate) fn failed(&mut self, now: Monotonic) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = now + pause;
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.retry_at = Monotonic::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;

    fn class(key: usize) -> Arc<RuntimeClass> {
        let (argv, env, mounts) = (Vec::new(), Vec::new(), Vec::new());
        Arc::new(RuntimeClass {
            key: key.to_string(),
            argv,
            env,
            mounts,
            protocol: Protocol::Frames,
            zygote: None,
        })
    }

    fn at(millis: u64) -> Monotonic {
        Monotonic::from_elapsed(Duration::from_millis(millis))
    }

    #[test]
    fn the_pool_not_used_for_longest_gives_way() {
        let mut pools = Pools::default();
        for key in 0..MAX_POOLS {
            pools.open(at(key as u64), &class(key)).ready.push(InstanceKey(key as u64));
        }
        assert_eq!(pools.close_surplus(), None);
        pools.open(at(100), &class(0));
        pools.open(at(101), &class(MAX_POOLS));
        assert_eq!(pools.close_surplus(), Some(vec![InstanceKey(1)]));
        assert_eq!(pools.close_surplus(), None);
    }

    #[test]
    fn stems_that_were_missed_are_kept_for_a_while() {
        let mut pools = Pools::default();
        let pool = pools.open(at(0), &class(0));
        (0..5).for_each(|_| pool.missed(at(0), 4));
        assert!(pool.lacks(2));
        pool.ready.extend((0..6).map(InstanceKey));
        assert!(!pool.lacks(2));
        assert_eq!(pools.next_relax(), Some(at(10_000)));
        let mut check = |now: u64, given_up: &[u64]| {
            let keys: Vec<_> = pools.relax(at(now), 2).into_iter().map(|key| key.0).collect();
            assert_eq!(keys, given_up);
        };
        check(9_999, &[]);
        check(10_000, &[0, 1]);
        check(19_999, &[]);
        check(20_000, &[2]);
        check(30_000, &[3]);
        check(60_000, &[]);
        assert_eq!(pools.next_relax(), None);
    }

    #[test]
    fn failures_in_a_row_pause_longer_and_longer() {
        let mut pools = Pools::default();
        pools.open(at(0), &class(0));
        let mut check = |fails: u32, pause: u64| {
            let pool = pools.get_mut("0").expect("it is open");
            pool.succeeded();
            (0..fails).for_each(|_| pool.failed(at(0)));
            assert_eq!(pools.next_retry(at(0), 1), Some(at(pause)));
            assert!(pools.lacking(at(pause - 1), 1).is_none() && pools.lacking(at(pause), 1).is_some());
        };
        check(1, 100);
        check(2, 200);
        check(5, 1600);
        check(40, 60_000);
    }
}
