//! Stems: generic instances of a runtime, kept ready for whoever comes first.

use super::InstanceKey;
use crate::RuntimeClass;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tinderbox_base::Monotonic;

/// The first pause after a stem could not be booted; it doubles with every failure in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

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
    failures: u32,
    retry_at: Monotonic,
}

impl Pools {
    /// The pool of `class`, made if this is its first use.
    pub(crate) fn open(&mut self, class: &Arc<RuntimeClass>) -> &mut Pool {
        self.classes.entry(class.key.clone()).or_insert_with(|| Pool {
            class: class.clone(),
            ready: Vec::new(),
            booting: Vec::new(),
            failures: 0,
            retry_at: Monotonic::default(),
        })
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
        self.ready.len() + self.booting.len() < target
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
