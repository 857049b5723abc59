//! Bodies: requests' are read up to a limit, responses' are whole.

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::BodyExt;
use std::{
    convert::Infallible,
    fmt,
    io::Read,
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

/// Unpacks what came with `Content-Encoding: gzip`, at most `limit` bytes.
pub(crate) fn unpack(packed: &[u8], limit: u64) -> Result<Bytes, Unread> {
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(limit.saturating_add(1));
    reader.read_to_end(&mut unpacked).map_err(|e| Unread::Broken(e.to_string()))?;
    if unpacked.len() as u64 > limit { Err(Unread::TooLarge) } else { Ok(unpacked.into()) }
}

/// Why a request's body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It has more bytes than the limit.
    TooLarge,
    /// The connection broke.
    Broken(String),
    /// It did not arrive in time.
    Late,
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

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;
    use std::io::Write;

    type Frames = Vec<Result<Frame<Bytes>, Infallible>>;

    fn stream(parts: &[&'static str]) -> StreamBody<Stream> {
        let frames: Frames =
            parts.iter().map(|p| Ok(Frame::data(Bytes::from_static(p.as_bytes())))).collect();
        StreamBody::new(Stream(frames.into_iter()))
    }

    struct Stream(std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>);

    impl futures_util::Stream for Stream {
        type Item = Result<Frame<Bytes>, Infallible>;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next())
        }
    }

    #[tokio::test]
    async fn bodies_up_to_the_limit() {
        async fn check(parts: &[&'static str], expect: Result<&'static str, Unread>) {
            assert_eq!(
                read(stream(parts), 4).await,
                expect.map(|e| Bytes::from_static(e.as_bytes())),
                "{parts:?}"
            );
        }
        check(&[], Ok("")).await;
        check(&["abcd"], Ok("abcd")).await;
        check(&["a", "", "bc", "d"], Ok("abcd")).await;
        check(&["", "abc"], Ok("abc")).await;
        check(&["abcde"], Err(Unread::TooLarge)).await;
        check(&["abc", "de"], Err(Unread::TooLarge)).await;
    }

    #[tokio::test]
    async fn one_frame_is_not_copied() {
        let bytes = Bytes::from_static(b"payload");
        let body = http_body_util::Full::new(bytes.clone());
        let whole = read(body, 100).await.expect("small");
        assert_eq!(whole.as_ptr(), bytes.as_ptr());
    }

    #[test]
    fn unpacking_is_bounded() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&[0; 1000]).expect("memory");
        let packed = packer.finish().expect("memory");
        assert_eq!(unpack(&packed, 1000).map(|b| b.len()), Ok(1000));
        assert_eq!(unpack(&packed, 999), Err(Unread::TooLarge));
        assert!(matches!(unpack(b"no gzip", 999), Err(Unread::Broken(_))));
    }
}
