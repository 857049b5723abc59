//! A user id for every sandbox, reused only after its last sandbox is gone.

use std::{collections::VecDeque, sync::Mutex};

/// systemd's list of id ranges leaves everything from here to 2,147,352,575 unused.
const FIRST: u32 = 1_879_048_192;

/// Ids of one server, and how many servers with different tags have their own.
const PER_SERVER: u32 = 65_536;
const SERVERS: u32 = 4094;

/// The ids of this server.
#[derive(Debug)]
pub(super) struct Slots {
    free: Mutex<VecDeque<u32>>,
}

impl Slots {
    /// The range is chosen by `tag`, so that servers of one host hardly ever share ids.
    pub(super) fn new(tag: &str) -> Self {
        // FNV-1a: stable between versions, unlike the standard library's.
        let hash = tag
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let first = FIRST + hash % SERVERS * PER_SERVER;
        Self { free: Mutex::new((first..first + PER_SERVER).collect()) }
    }

    /// The id that has been free longest.
    pub(super) fn take(&self) -> Option<u32> {
        self.lock().pop_front()
    }

    /// To be called when nothing runs with it any more.
    pub(super) fn give_back(&self, id: u32) {
        self.lock().push_back(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<u32>> {
        self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_used_once_at_a_time_and_comes_back_last() {
        let slots = Slots::new("a");
        let first = slots.take().unwrap();
        assert_ne!(slots.take(), Some(first));
        slots.give_back(first);
        let others: Vec<_> = (0..PER_SERVER - 2).map(|_| slots.take().unwrap()).collect();
        assert!(!others.contains(&first));
        assert_eq!(slots.take(), Some(first));
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn ranges_stay_inside_the_unused_ids() {
        for tag in ["", "a", "zzzz", "6ba7b810"] {
            let ids = Slots::new(tag).free.into_inner().unwrap();
            assert!(*ids.front().unwrap() >= FIRST && *ids.back().unwrap() < 2_147_352_576);
        }
    }
}
