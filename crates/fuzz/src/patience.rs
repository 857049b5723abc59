//! Telling an input that takes long from a machine that is busy.

use std::time::Duration;

/// How long one input may take, in an unoptimised build.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Whether `parse` takes as long as `limit` by the processor time of this thread, which passes only while it runs: an
/// input that took long because others had the processor is no finding.
///
/// Asked only of what took long by the clock on the wall, because the answer costs another run.
pub(crate) fn takes_long<O>(limit: Duration, parse: impl FnOnce() -> O) -> bool {
    let before = used();
    let _ = parse();
    used().saturating_sub(before) >= limit
}

/// What a tick of `/proc` lasts: a hundredth of a second on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// Processor time that this thread has used, in its own code and in the kernel's. Without `/proc` nobody takes long.
fn used() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // What follows the name, which may hold anything: the state is the first, the two times come eleven later.
    let fields = told.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    fn check(parse: impl FnOnce(), expect: bool) {
        assert_eq!(takes_long(LIMIT, parse), expect);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what a thread does that others keep from running")]
    fn only_work_counts() {
        check(|| std::thread::sleep(LIMIT * 2), false);
        let work = || {
            let begin = used();
            while used() - begin < LIMIT {}
        };
        check(work, true);
        check(|| (), false);
    }
}
