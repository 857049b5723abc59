//! Where log lines go: the trait through which what produces them meets what keeps them.

use crate::{AccountId, Region, Timestamp};

/// One event of a log stream; its message may span several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub time: Timestamp,
    /// The text, without its final newline.
    pub message: String,
}

/// Keeps log lines.
///
/// An append never blocks and never fails: what does not fit into the sink's bounded buffer is
/// dropped, counted, and told in the log itself.
pub trait LogSink: Send + Sync {
    /// Appends `lines`, in order, to `stream` of `group`, making both if they do not exist.
    fn append(&self, account: &AccountId, region: &Region, group: &str, stream: &str, lines: Vec<LogLine>);
}
