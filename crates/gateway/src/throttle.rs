//! Token buckets: how often something may happen.

use crate::limits::MAX_BUCKETS;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use tinderbox_base::Monotonic;

/// A rate and what may come at once beyond it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// Requests a second in the long run.
    pub(crate) rate: f64,
    /// Requests at once: the size of the bucket.
    pub(crate) burst: f64,
}

/// Buckets by the name of what they limit.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<String, Bucket>>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Monotonic,
    limit: Rate,
}

impl Bucket {
    fn fill(&mut self, now: Monotonic) {
        let gained = now.since(self.filled).as_secs_f64() * self.limit.rate;
        self.tokens = (self.tokens + gained).min(self.limit.burst);
        self.filled = now;
    }
}

impl Buckets {
    /// Takes a token from the bucket of `name`; false if it is empty.
    pub(crate) fn take(&self, name: &str, limit: Rate, now: Monotonic) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(name) {
            if buckets.len() >= MAX_BUCKETS {
                buckets.retain(|_, bucket| {
                    bucket.fill(now);
                    bucket.tokens < bucket.limit.burst
                });
            }
            let full = Bucket { tokens: limit.burst, filled: now, limit };
            buckets.insert(name.to_owned(), full);
        }
        let Some(bucket) = buckets.get_mut(name) else { return true };
        bucket.fill(now);
        if bucket.limit != limit {
            bucket.tokens = bucket.tokens.min(limit.burst);
            bucket.limit = limit;
        }
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills() {
        let buckets = Buckets::default();
        let limit = Rate { rate: 2.0, burst: 3.0 };
        let at = |millis| Monotonic::from_elapsed(Duration::from_millis(millis));
        let taken = |millis| (0..10).filter(|_| buckets.take("a", limit, at(millis))).count();
        assert_eq!(taken(0), 3, "the burst");
        assert_eq!(taken(400), 0, "not a whole token yet");
        assert_eq!(taken(1000), 2, "two a second");
        assert_eq!(taken(60_000), 3, "never more than the burst");
        assert!(buckets.take("b", limit, at(60_000)), "another's bucket is full");
        assert!(!buckets.take("c", Rate { rate: 0.0, burst: 0.0 }, at(0)), "nothing may pass");
    }
}
