//! Frames between the server and our own bootstraps.
//!
//! `u32 length, u8 kind, u32 head length, head (JSON), body`, little endian; `length` counts
//! everything after itself. What comes from an instance is not trusted: every length is checked
//! before anything is allocated for it, and a body over the response limit is counted, not kept.

use crate::MAX_RESPONSE_BYTES;
use bytes::{Buf, Bytes, BytesMut};

/// Server to instance: become this version.
pub(crate) const LOAD: u8 = 1;
/// Server to instance: run the handler.
pub(crate) const INVOKE: u8 = 2;
/// Instance to server: the interpreter is up.
pub(crate) const BOOTED: u8 = 128;
/// Instance to server: the handler is loaded.
pub(crate) const LOADED: u8 = 129;
/// Instance to server: loading failed.
pub(crate) const INIT_ERROR: u8 = 130;
/// Instance to server: the handler answered.
pub(crate) const RESPONSE: u8 = 131;
/// Instance to server: the handler failed.
pub(crate) const ERROR: u8 = 132;

/// Instance to server: the handler answers in parts, of the content type that the head tells.
pub(crate) const STREAM: u8 = 133;
/// Instance to server: the next part. It has no head.
pub(crate) const CHUNK: u8 = 134;
/// Instance to server: there are no more parts. An empty RESPONSE follows once the handler is done.
pub(crate) const STREAM_END: u8 = 135;

/// The longest frame; a longer one is not worth skipping.
pub(crate) const MAX_FRAME_BYTES: u64 = 32 * 1024 * 1024;
/// The longest head an instance may send.
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;
const PREFIX: usize = 9;

/// What an instance sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) head: Bytes,
    pub(crate) body: Body,
}

/// The body of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Whole(Bytes),
    /// It was over the limit and was not kept: its size.
    TooLarge(u64),
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// The frame is longer than [`MAX_FRAME_BYTES`].
    TooLong { kind: u8, size: u64 },
    /// Its lengths contradict each other, or its head is too long.
    Malformed,
}

/// Writes a frame's beginning, up to its body, into `out`.
pub(crate) fn encode(kind: u8, head: &[u8], body_bytes: usize, out: &mut Vec<u8>) {
    let length = (5 + head.len() + body_bytes) as u32;
    out.extend_from_slice(&length.to_le_bytes());
    out.push(kind);
    out.extend_from_slice(&(head.len() as u32).to_le_bytes());
    out.extend_from_slice(head);
}

/// Takes frames out of a stream of bytes.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    buffer: BytesMut,
    skipping: Option<Skipping>,
}

#[derive(Debug)]
struct Skipping {
    kind: u8,
    head: Bytes,
    size: u64,
    left: u64,
}

impl Decoder {
    /// Where bytes are to be appended; has room for some.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() - self.buffer.len() < 1024 {
            self.buffer.reserve(8 * 1024);
        }
        &mut self.buffer
    }

    /// Whether nothing is left over.
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.skipping.is_none()
    }

    /// The next frame, once all its bytes are there.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.skipping.is_some() {
            return Ok(self.skip());
        }
        let Some((prefix, rest)) = self.buffer.split_first_chunk::<PREFIX>() else { return Ok(None) };
        let [l0, l1, l2, l3, kind, h0, h1, h2, h3] = *prefix;
        let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        let head_bytes = u64::from(u32::from_le_bytes([h0, h1, h2, h3]));
        let Some(body_bytes) = length.checked_sub(5 + head_bytes) else { return Err(FrameError::Malformed) };
        if length > MAX_FRAME_BYTES {
            return Err(FrameError::TooLong { kind, size: body_bytes });
        }
        let head_bytes = head_bytes as usize;
        if head_bytes > MAX_HEAD_BYTES {
            return Err(FrameError::Malformed);
        }
        if rest.len() < head_bytes {
            return Ok(None);
        }
        if body_bytes > MAX_RESPONSE_BYTES {
            self.buffer.advance(PREFIX);
            let head = self.buffer.split_to(head_bytes).freeze();
            self.skipping = Some(Skipping { kind, head, size: body_bytes, left: body_bytes });
            return Ok(self.skip());
        }
        let body_bytes = body_bytes as usize;
        if rest.len() - head_bytes < body_bytes {
            let missing = body_bytes - (rest.len() - head_bytes);
            self.buffer.reserve(missing);
            return Ok(None);
        }
        self.buffer.advance(PREFIX);
        let head = self.buffer.split_to(head_bytes).freeze();
        let body = Body::Whole(self.buffer.split_to(body_bytes).freeze());
        Ok(Some(Frame { kind, head, body }))
    }

    fn skip(&mut self) -> Option<Frame> {
        let skipping = self.skipping.as_mut()?;
        let taken = skipping.left.min(self.buffer.len() as u64);
        self.buffer.advance(taken as usize);
        skipping.left -= taken;
        if skipping.left > 0 {
            return None;
        }
        let Skipping { kind, head, size, .. } = self.skipping.take()?;
        Some(Frame { kind, head, body: Body::TooLarge(size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, head: &[u8], body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(kind, head, body.len(), &mut out);
        out.extend_from_slice(body);
        out
    }

    fn decode(chunks: &[&[u8]]) -> Result<Vec<Frame>, FrameError> {
        let mut decoder = Decoder::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            decoder.buffer().extend_from_slice(chunk);
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    #[test]
    fn lengths_are_checked_before_they_are_believed() {
        fn check(bytes: &[u8], expect: Result<usize, FrameError>) {
            assert_eq!(decode(&[bytes]).map(|f| f.len()), expect);
        }
        check(&[], Ok(0));
        check(&frame(RESPONSE, b"{}", b"1"), Ok(1));
        // The length does not even cover the kind and the head's length.
        check(&[4, 0, 0, 0, 131, 0, 0, 0, 0], Err(FrameError::Malformed));
        check(&[5, 0, 0, 0, 131, 1, 0, 0, 0], Err(FrameError::Malformed));
        check(&[0xff; 9], Err(FrameError::Malformed));
        let long = [0xff, 0xff, 0xff, 0xff, 131, 2, 0, 0, 0];
        check(&long, Err(FrameError::TooLong { kind: 131, size: 0xffff_ffff - 7 }));
        let head = vec![b' '; MAX_HEAD_BYTES + 1];
        check(&frame(RESPONSE, &head, b""), Err(FrameError::Malformed));
        check(&frame(RESPONSE, &head[1..], b""), Ok(1));
    }

    #[test]
    fn a_body_over_the_limit_is_counted_and_the_next_frame_is_found() {
        let limit = MAX_RESPONSE_BYTES as usize;
        let body = vec![b'x'; limit + 1];
        let mut bytes = frame(RESPONSE, b"{}", &body);
        bytes.extend_from_slice(&frame(RESPONSE, b"{}", &body[1..]));
        let frames = decode(&bytes.chunks(70_000).collect::<Vec<_>>()).expect("frames");
        assert_eq!(frames[0].body, Body::TooLarge(MAX_RESPONSE_BYTES + 1));
        assert_eq!(frames[1].body, Body::Whole(Bytes::from(body).slice(1..)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, cut in 1..64usize) {
            let _ = decode(&bytes.chunks(cut).collect::<Vec<_>>());
        }

        #[test]
        fn frames_round_trip_however_they_are_cut(
            sent in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(any::<u8>(), 0..400)), 0..8),
            cut in 1..200usize,
        ) {
            let bytes: Vec<u8> = sent.iter().flat_map(|(kind, head, body)| frame(*kind, head, body)).collect();
            let got = decode(&bytes.chunks(cut).collect::<Vec<_>>()).expect("frames");
            let expect: Vec<_> = sent
                .into_iter()
                .map(|(kind, head, body)| Frame { kind, head: head.into(), body: Body::Whole(body.into()) })
                .collect();
            prop_assert_eq!(got, expect);
        }
    }
}
