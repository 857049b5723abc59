//! Times as requests' contexts show them.

use tinderbox_base::Timestamp;

/// `09/Apr/2026:12:34:56 +0000`: the common log format of `$context.requestTime`.
pub(crate) fn common_log(time: Timestamp) -> String {
    moment(time).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// `Thu Apr 09 12:34:56 UTC 2026`: what lines of execution logs begin with.
pub(crate) fn execution_log(time: Timestamp) -> String {
    moment(time).strftime("%a %b %d %H:%M:%S UTC %Y").to_string()
}

/// `2026-04-09`, by UTC: what usage is counted by.
pub(crate) fn day(time: Timestamp) -> String {
    moment(time).strftime("%Y-%m-%d").to_string()
}

fn moment(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let time = Timestamp::from_millis(1_769_903_999_007);
        assert_eq!(common_log(time), "31/Jan/2026:23:59:59 +0000");
        assert_eq!(day(time), "2026-01-31");
        assert_eq!(execution_log(time), "Sat Jan 31 23:59:59 UTC 2026");
    }
}
