//! Durations and what is told of them.

use std::time::Duration;

/// Durations of one kind of operation.
#[derive(Debug, Default)]
pub(crate) struct Durations(Vec<Duration>);

impl Durations {
    pub(crate) fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `n`, then p50, p99, p99.9 and the worst, in microseconds.
    pub(crate) fn summary(mut self) -> String {
        self.0.sort_unstable();
        let at = |share: f64| {
            let index = (self.0.len() as f64 * share) as usize;
            self.0.get(index.min(self.0.len().saturating_sub(1))).map_or(0, |duration| duration.as_micros())
        };
        let (p50, p99, p999, worst) = (at(0.5), at(0.99), at(0.999), at(1.0));
        format!("n={} p50_us={p50} p99_us={p99} p99.9_us={p999} worst_us={worst}", self.0.len())
    }
}
