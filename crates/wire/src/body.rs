//! Bodies: requests' are read up to a limit, responses' are whole or come in parts.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use http_body::Frame;
use http_body_util::BodyExt;
use std::{
    fmt,
    io::Read,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tinderbox_base::Interrupted;

/// A response's body.
#[derive(Debug)]
pub struct Body(Content);

enum Content {
    Whole(Option<Bytes>),
    Parts(BoxStream<'static, Result<Bytes, Interrupted>>),
    /// Interrupted, and not yet told.
    Broken,
}

impl Body {
    /// A body whose parts are sent as they come. Where it is interrupted, its connection, or its stream of one, breaks off.
    pub fn in_parts(parts: impl Stream<Item = Result<Bytes, Interrupted>> + Send + 'static) -> Self {
        Self(Content::Parts(parts.boxed()))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(bytes).finish(),
            Self::Parts(_) => f.write_str("Parts"),
            Self::Broken => f.write_str("Broken"),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self(Content::Whole(None))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Whole((!bytes.is_empty()).then_some(bytes)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Interrupted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Interrupted>>> {
        match &mut self.0 {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Parts(parts) => match ready!(parts.poll_next_unpin(context)) {
                Some(Err(Interrupted)) => {
                    // Who is told of it throws away what it has not sent. While it waits for more it sends: the head,
                    // and the parts that came before.
                    self.0 = Content::Broken;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                part => Poll::Ready(part.map(|part| part.map(Frame::data))),
            },
            Content::Broken => {
                self.0 = Content::Whole(None);
                Poll::Ready(Some(Err(Interrupted)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Content::Whole(None))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match &self.0 {
            Content::Whole(bytes) => {
                http_body::SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Content::Parts(_) | Content::Broken => http_body::SizeHint::default(),
        }
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
    use std::{convert::Infallible, io::Write};

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

    #[tokio::test]
    async fn parts_are_sent_until_they_break_off() {
        let parts = [Ok(Bytes::from_static(b"a")), Ok(Bytes::from_static(b"b")), Err(Interrupted)];
        let mut body = Body::in_parts(futures_util::stream::iter(parts));
        assert_eq!(http_body::Body::size_hint(&body).exact(), None);
        for expect in [Some("a"), Some("b"), None] {
            let frame = body.frame().await.expect("a frame").ok().and_then(|frame| frame.into_data().ok());
            assert_eq!(frame, expect.map(|e| Bytes::from_static(e.as_bytes())));
        }
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn what_came_before_it_broke_off_is_sent() {
        use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
        use hyper_util::rt::TokioIo;
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let (mut client, server) = tokio::io::duplex(4096);
        let answer = service_fn(async |_: Request<Incoming>| {
            let parts = [Ok(Bytes::from_static(b"first")), Err(Interrupted)];
            Ok::<_, Infallible>(Response::new(Body::in_parts(futures_util::stream::iter(parts))))
        });
        let served = http1::Builder::new().serve_connection(TokioIo::new(server), answer);
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is read");
        assert!(served.await.is_err(), "it breaks off");
        let mut told = String::new();
        client.read_to_string(&mut told).await.expect("text");
        assert!(told.starts_with("HTTP/1.1 200 OK\r\n") && told.ends_with("\r\n5\r\nfirst\r\n"), "{told}");
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
