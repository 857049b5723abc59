//! Randomness as a trait: a simulation replays from its seed.

use std::{cell::RefCell, fmt, sync::Mutex};

/// A source of random bytes.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A number drawn uniformly from `0..bound`; zero when `bound` is zero.
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        // The high half of a widening product is uniform to within 2^-64 of bias per value.
        ((u128::from(u64::from_le_bytes(bytes)) * u128::from(bound)) >> 64) as u64
    }
}

/// The kernel's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

/// Bytes asked of the kernel at once: a request draws a few dozen, and every call costs as much as they do.
const POOL_BYTES: usize = 512;

/// Bytes drawn and not yet used. Used ones are wiped.
struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES }) };
}

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > POOL_BYTES {
            return draw(bytes);
        }
        POOL.with_borrow_mut(|pool| {
            if pool.used + bytes.len() > POOL_BYTES {
                draw(&mut pool.bytes);
                pool.used = 0;
            }
            let end = pool.used + bytes.len();
            let taken = &mut pool.bytes[pool.used..end];
            bytes.copy_from_slice(taken);
            taken.fill(0);
            pool.used = end;
        });
    }
}

fn draw(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("getrandom(2) fails only on kernels older than 3.17");
}

/// A reproducible generator (`SplitMix64`, Steele et al. 2014) for tests and simulation. Never for secrets.
#[derive(Debug)]
pub struct SeededRandom {
    state: Mutex<u64>,
}

impl SeededRandom {
    /// A generator that always yields the same bytes for the same `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_bytes_are_given_once() {
        let mut seen = std::collections::HashSet::new();
        for size in [16, 500, 16, 16, 600, 8, 8] {
            let mut bytes = vec![0; size];
            OsRandom.fill(&mut bytes);
            for chunk in bytes.chunks_exact(8) {
                assert!(seen.insert(chunk.to_vec()), "eight bytes came twice");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (a, b) = (SeededRandom::new(7), SeededRandom::new(7));
        for bound in [1, 2, 10, u64::MAX] {
            let drawn = a.below(bound);
            assert!(drawn < bound);
            assert_eq!(drawn, b.below(bound));
        }
        assert_eq!(a.below(0), 0);
    }
}
