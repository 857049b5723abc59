//! A user id for every sandbox, reused only after its last sandbox is gone.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// systemd's list of id ranges leaves everything from here to 2,147,352,575 unused.
const FIRST: u32 = 1_879_048_192;

/// Ids of one server, and how many servers with different tags have their own.
const PER_SERVER: u32 = 65_536;
const SERVERS: u32 = 4094;

/// The ids of this server.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    free: Arc<Mutex<VecDeque<u32>>>,
}

/// An id in use; dropping it makes it free.
#[derive(Debug)]
pub(super) struct Slot {
    uid: u32,
    slots: Slots,
}

impl Slots {
    /// The range is chosen by `tag`, so that servers of one host hardly ever share ids.
    pub(super) fn new(tag: &str) -> Self {
        // FNV-1a: stable between versions, unlike the standard library's.
        let hash = tag
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let first = FIRST + hash % SERVERS * PER_SERVER;
        Self { free: Arc::new(Mutex::new((first..first + PER_SERVER).collect())) }
    }

    /// The id that has been free longest.
    pub(super) fn take(&self) -> Option<Slot> {
        let uid = self.lock().pop_front()?;
        Some(Slot { uid, slots: self.clone() })
    }

    /// How many are in use.
    pub(super) fn used(&self) -> usize {
        PER_SERVER as usize - self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u32>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    pub(super) fn uid(&self) -> u32 {
        self.uid
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock().push_back(self.uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_used_once_at_a_time_and_comes_back_last() {
        let slots = Slots::new("a");
        let first = slots.take().unwrap();
        let uid = first.uid();
        assert_ne!(slots.take().unwrap().uid(), uid);
        assert_eq!(slots.used(), 1);
        drop(first);
        let others: Vec<_> = (1..PER_SERVER).map(|_| slots.take().unwrap()).collect();
        assert!(others.iter().all(|other| other.uid() != uid));
        assert_eq!(slots.take().unwrap().uid(), uid);
        let _last = slots.take();
        assert!(slots.take().is_none());
    }

    #[test]
    fn ranges_stay_inside_the_unused_ids() {
        for tag in ["", "a", "zzzz", "6ba7b810"] {
            let slots = Slots::new(tag);
            let ids = slots.lock();
            assert!(*ids.front().unwrap() >= FIRST && *ids.back().unwrap() < 2_147_352_576);
        }
    }
}
