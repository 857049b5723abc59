//! Answers that come in parts.

use bytes::Bytes;
use std::fmt;

/// An answer ends before it is complete. Why was told where it happened; its reader only sees that it breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is incomplete")]
pub struct Interrupted;

/// The parts of an answer, as they come. Who takes none holds up who makes them, for as long as that may take at most.
#[async_trait::async_trait]
pub trait Parts: Send + Sync {
    /// The next part; none at the end, or after the answer broke off.
    async fn next(&mut self) -> Option<Result<Bytes, Interrupted>>;
}

/// What a target says to an event, as it says it.
pub struct StreamedReply {
    /// What its bytes are, if that is known.
    pub content_type: Option<String>,
    /// Where the instance came from, in the words of `X-Tinderbox-Start`; none if there was no need of one.
    pub start: Option<&'static str>,
    /// Its bytes. One that fails before it said anything breaks off at once.
    pub parts: Box<dyn Parts>,
}

impl fmt::Debug for StreamedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content_type, start, .. } = self;
        f.debug_struct("StreamedReply")
            .field("content_type", content_type)
            .field("start", start)
            .finish_non_exhaustive()
    }
}
