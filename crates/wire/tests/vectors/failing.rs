//! The list of vectors that fail.

use std::collections::BTreeSet;

/// A reason on a line of its own that begins with `#`, then the vectors it holds for: `direction file id`.
const LIST: &str = include_str!("failing.txt");

/// The vectors of `direction` that are known to fail.
pub(crate) fn listed(direction: &str) -> BTreeSet<String> {
    let (mut names, mut reason) = (BTreeSet::new(), "");
    for line in LIST.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix('#') {
            reason = text.trim();
        } else if !line.is_empty() {
            assert!(!reason.is_empty(), "{line} is listed without a reason");
            assert_eq!(line.split(' ').count(), 3, "{line}");
            if line.split(' ').next() == Some(direction) {
                assert!(names.insert(line.to_owned()), "{line} is listed twice");
            }
        } else {
            reason = "";
        }
    }
    names
}
