//! Bodies: requests' are read up to a limit, responses' are whole.

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::BodyExt;
use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// A response's body.
#[derive(Clone, Debug, Default)]
pub struct Body(Option<Bytes>);

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self((!bytes.is_empty()).then_some(bytes))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Why a request's body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It has more bytes than the limit.
    TooLarge,
    /// The connection broke.
    Broken(String),
}

/// Bytes beyond the limit that are read and thrown away, so that a client that sends before it
/// listens still learns why it was refused.
const MAX_DISCARD: u64 = 64 * 1024 * 1024;

/// Reads all of `body`, at most `limit` bytes. A body of one frame is not copied.
pub(crate) async fn read<B>(body: B, limit: u64) -> Result<Bytes, Unread>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: fmt::Display,
{
    let mut body = std::pin::pin!(body);
    let declared = body.size_hint().lower();
    let (mut first, mut rest, mut length) = (Bytes::new(), BytesMut::new(), 0u64);
    let mut too_large = declared > limit;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Unread::Broken(e.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len() as u64);
        too_large |= length > limit;
        if too_large {
            rest = BytesMut::new();
            if length > limit.saturating_add(MAX_DISCARD) {
                break;
            }
        } else if length == data.len() as u64 {
            first = data;
        } else {
            if rest.is_empty() {
                // `declared` is within the limit here, so this reserves no more than the limit.
                rest.reserve(usize::try_from(declared.max(length)).unwrap_or_default());
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    match (too_large, rest.is_empty()) {
        (true, _) => Err(Unread::TooLarge),
        (false, true) => Ok(first),
        (false, false) => Ok(rest.freeze()),
    }
}
