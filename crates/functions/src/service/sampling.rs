//! Which invocations are recorded of a function that is traced.

use std::sync::atomic::{AtomicI64, Ordering};
use tinderbox_base::{Random, Timestamp};

/// Of those beyond the first of a second, one in so many (Lambda guide, "Visualize Lambda function invocations using AWS
/// X-Ray": 5 percent).
const ONE_IN: u64 = 20;

/// Decides for one version.
#[derive(Debug)]
pub(crate) struct Sampler(AtomicI64);

impl Default for Sampler {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Sampler {
    /// Whether an invocation that comes `now` is recorded.
    pub(crate) fn samples(&self, now: Timestamp, random: &dyn Random) -> bool {
        let second = now.as_millis() / 1000;
        self.0.fetch_max(second, Ordering::Relaxed) < second || random.below(ONE_IN) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::SeededRandom;

    #[test]
    fn the_first_of_each_second_and_some_others() {
        let (sampler, random) = (Sampler::default(), SeededRandom::new(1));
        for second in [0, 1, 5] {
            let now = Timestamp::from_millis(second * 1000 + 7);
            assert!(sampler.samples(now, &random));
            let others = (0..1000).filter(|_| sampler.samples(now, &random)).count();
            assert!((20..90).contains(&others), "{others}");
        }
    }
}
