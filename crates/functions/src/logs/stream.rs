//! Names of log streams.

use std::fmt::Display;
use tinderbox_base::Timestamp;

/// `2026/01/31/[$LATEST]` and 32 hexadecimal digits: the day an instance began, the version it runs,
/// and its id. `owner` is the function's name in a group that others may use, too.
pub fn stream_name(began: Timestamp, owner: &str, version: &str, instance: impl Display) -> String {
    let day = began.to_rfc3339_millis()[..10].replace('-', "/");
    format!("{day}/{owner}[{version}]{instance}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let began = Timestamp::from_millis(1_769_903_999_007);
        assert_eq!(
            stream_name(began, "", "$LATEST", "0123456789abcdef0123456789abcdef"),
            "2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef"
        );
        assert_eq!(stream_name(began, "hello", "1", "01"), "2026/01/31/hello[1]01");
    }
}
