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

/// Who says a line, which decides what happens to it when lines come faster than they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOrigin {
    /// Code that is run here, and that may say anything at any speed.
    Function,
    /// The platform, a few lines a request: what was billed must not be lost to what a function prints.
    Platform,
}

/// Keeps log lines.
///
/// An append never blocks and never fails: what does not fit into the sink's bounded buffer is
/// dropped, counted, and told in the log itself. A stream that a function floods leaves room for
/// the others and for the platform's own lines.
pub trait LogSink: Send + Sync {
    /// Appends `lines`, in order, to `stream` of `group`, making both if they do not exist.
    fn append(
        &self,
        account: &AccountId,
        region: &Region,
        group: &str,
        stream: &str,
        origin: LogOrigin,
        lines: Vec<LogLine>,
    );
}
