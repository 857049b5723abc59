//! Answers that come in parts: how they leave the engine while the handler still runs.
//!
//! A caller that wants parts as they come makes a pair by [`stream`] and gives the sender with its invocation. Parts wait in a
//! queue of bounded length: a caller that does not read holds up the handler, at most until its version's timeout. One
//! that goes away does not; what it would have got is dropped. Without a sender the parts are put together.

use crate::StartKind;
use bytes::Bytes;
use tokio::sync::mpsc;

/// The largest answer in parts, in bytes (Lambda quotas: 200 MB).
pub const MAX_STREAM_BYTES: u64 = 209_715_200;
/// The largest part of an answer, in bytes; whoever sends larger ones cuts them.
pub const MAX_CHUNK_BYTES: usize = 64 * 1024;
/// Parts of one answer that wait for its caller. With the part's limit, what they hold is at most 1 MiB.
pub const MAX_QUEUED_PARTS: usize = 16;

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The handler answers in parts.
    Begin {
        /// What they are, if it says so.
        content_type: Option<String>,
        /// Where the instance came from.
        start: StartKind,
    },
    /// Some bytes.
    Chunk(Bytes),
    /// There are no more; the invocation may go on for a while. Without this the answer is incomplete.
    End,
}

/// Where an answer's parts go to.
#[derive(Clone, Debug)]
pub struct StreamSender(mpsc::Sender<Part>);

/// Where an answer's parts come from.
#[derive(Debug)]
pub struct StreamReceiver(mpsc::Receiver<Part>);

/// A queue for the parts of one answer.
pub fn stream() -> (StreamSender, StreamReceiver) {
    let (sender, receiver) = mpsc::channel(MAX_QUEUED_PARTS);
    (StreamSender(sender), StreamReceiver(receiver))
}

impl StreamSender {
    /// Sends a part, once there is room for it. That nobody wants it any more is not the handler's business.
    pub(crate) async fn send(&self, part: Part) {
        drop(self.0.send(part).await);
    }
}

impl StreamReceiver {
    /// The next part; none once the invocation is over. Cancel safe.
    pub async fn next(&mut self) -> Option<Part> {
        self.0.recv().await
    }
}
