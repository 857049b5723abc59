//! Bodies that come in signed chunks: `aws-chunked`, as S3's clients send what they stream.
//!
//! ```text
//! 10000;chunk-signature=ad80c730…\r\n<65536 bytes>\r\n
//! 0;chunk-signature=b6c6ea8a…\r\n
//! x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc…\r\n\r\n
//! ```

use super::{
    Claim, Hash, Payload,
    hash::{self, hex},
    moment,
};
use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

/// Bytes of the line before a chunk, and of a trailer.
pub const MAX_CHUNK_LINE: usize = 4096;
/// Trailers of one body. S3 knows five checksums, of which one is sent, and a signature.
const MAX_TRAILERS: usize = 16;

/// The forms of a body in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkedPayload {
    /// Each chunk is signed.
    Signed,
    /// Each chunk is signed, and so are the trailers.
    SignedTrailer,
    /// Nothing is signed; a trailer tells a checksum.
    UnsignedTrailer,
}

impl ChunkedPayload {
    const ALL: [Self; 3] = [Self::Signed, Self::SignedTrailer, Self::UnsignedTrailer];

    /// The value of `X-Amz-Content-SHA256` that announces it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signed => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::SignedTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::UnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Why a body in chunks is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkFault {
    /// It has not the form of one, or a line beyond [`MAX_CHUNK_LINE`].
    #[error("the body is not made of chunks")]
    Malformed,
    /// A chunk or the trailers have another signature.
    #[error("a chunk's signature does not match")]
    Signature,
    /// It ends before its last chunk, or has not the length that was announced.
    #[error("the body has not the length that was announced")]
    Length,
}

/// Takes the chunks apart and verifies each.
///
/// Data is given out as it comes: none of it may be relied on before [`ChunkedBody::finish`] says so.
pub struct ChunkedBody {
    kind: ChunkedPayload,
    signer: Signer,
    state: State,
    /// The line that is being read.
    line: Vec<u8>,
    trailers: Vec<(String, String)>,
    /// Bytes still to come, where that was announced.
    announced: Option<u64>,
}

struct Signer {
    key: Hash,
    moment: String,
    scope: String,
    previous: Hash,
}

enum State {
    /// Before a chunk.
    Head,
    Data {
        left: u64,
        signature: Option<Hash>,
        digest: Context,
    },
    /// The line end after a chunk's data.
    DataEnd,
    Trailers,
    End,
}

impl std::fmt::Debug for ChunkedBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the key that it verifies with.
        f.debug_struct("ChunkedBody").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl ChunkedBody {
    /// The decoder of a body that `claim` announces as one in chunks; none if it does not. `length` is that of the
    /// decoded body (`X-Amz-Decoded-Content-Length`). The claim itself must have been verified.
    pub fn new(claim: &Claim, secret: &str, length: Option<u64>) -> Option<Self> {
        let Payload::Chunked(kind) = claim.payload else { return None };
        let signer = Signer {
            key: claim.signing_key(secret),
            moment: moment::format(claim.moment),
            scope: claim.scope(),
            previous: claim.signature,
        };
        let (line, trailers) = (Vec::new(), Vec::new());
        Some(Self { kind, signer, state: State::Head, line, trailers, announced: length })
    }

    /// Takes a part of the body; gives the data that is in it.
    ///
    /// # Errors
    /// The body is not made of chunks, or one of them was changed.
    pub fn push(&mut self, mut bytes: Bytes) -> Result<Vec<Bytes>, ChunkFault> {
        let mut data = Vec::new();
        while !bytes.is_empty() {
            if let State::Data { left, digest, .. } = &mut self.state {
                let part = bytes.split_to(usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len()));
                digest.update(&part);
                *left -= part.len() as u64;
                if let Some(announced) = &mut self.announced {
                    *announced = announced.checked_sub(part.len() as u64).ok_or(ChunkFault::Length)?;
                }
                data.push(part);
                self.close_chunk()?;
                continue;
            }
            let end = bytes.iter().position(|b| *b == b'\n');
            let part = bytes.split_to(end.map_or(bytes.len(), |end| end + 1));
            if self.line.len() + part.len() > MAX_CHUNK_LINE {
                return Err(ChunkFault::Malformed);
            }
            self.line.extend_from_slice(&part);
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                let line = line.strip_suffix(b"\r\n").ok_or(ChunkFault::Malformed)?;
                self.take_line(std::str::from_utf8(line).map_err(|_| ChunkFault::Malformed)?)?;
            }
        }
        Ok(data)
    }

    /// Ends the body; gives its trailers, in their order.
    ///
    /// # Errors
    /// Its end is missing, or it has not the length that was announced.
    pub fn finish(self) -> Result<Vec<(String, String)>, ChunkFault> {
        match (self.state, self.announced) {
            (State::End, None | Some(0)) => Ok(self.trailers),
            _ => Err(ChunkFault::Length),
        }
    }

    fn take_line(&mut self, line: &str) -> Result<(), ChunkFault> {
        match self.state {
            State::Head => self.open_chunk(line),
            State::DataEnd if line.is_empty() => {
                self.state = State::Head;
                Ok(())
            }
            State::Trailers if line.is_empty() => self.close_body(),
            State::Trailers => self.take_trailer(line),
            State::DataEnd | State::Data { .. } | State::End => Err(ChunkFault::Malformed),
        }
    }

    fn open_chunk(&mut self, line: &str) -> Result<(), ChunkFault> {
        let (size, extension) = line.split_once(';').map_or((line, None), |(size, rest)| (size, Some(rest)));
        let hexadecimal = !size.is_empty() && size.bytes().all(|b| b.is_ascii_hexdigit());
        let left = u64::from_str_radix(size, 16).ok().filter(|_| hexadecimal).ok_or(ChunkFault::Malformed)?;
        let signature = extension.and_then(|e| e.strip_prefix("chunk-signature=")).and_then(hash::from_hex);
        if signature.is_none() && self.kind != ChunkedPayload::UnsignedTrailer {
            return Err(ChunkFault::Malformed);
        }
        self.state = State::Data { left, signature, digest: Context::new(&SHA256) };
        if left > 0 {
            return Ok(());
        }
        self.close_chunk()?;
        self.state = State::Trailers;
        Ok(())
    }

    /// Verifies the chunk if all of it has come.
    fn close_chunk(&mut self) -> Result<(), ChunkFault> {
        let State::Data { left: 0, signature, digest } = &self.state else { return Ok(()) };
        let signed = self.kind != ChunkedPayload::UnsignedTrailer;
        if let (true, Some(signature)) = (signed, signature) {
            let content = digest.clone().finish();
            let hashes = format!("{}\n{}", hex(&hash::sha256(b"")), hex(content.as_ref()));
            self.signer.check("AWS4-HMAC-SHA256-PAYLOAD", &hashes, *signature)?;
        }
        self.state = State::DataEnd;
        Ok(())
    }

    fn take_trailer(&mut self, line: &str) -> Result<(), ChunkFault> {
        let (name, value) = line.split_once(':').ok_or(ChunkFault::Malformed)?;
        if self.trailers.len() == MAX_TRAILERS || self.kind == ChunkedPayload::Signed {
            return Err(ChunkFault::Malformed);
        }
        self.trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        Ok(())
    }

    fn close_body(&mut self) -> Result<(), ChunkFault> {
        let at = self.trailers.iter().position(|(name, _)| name == "x-amz-trailer-signature");
        let signature = at.map(|at| self.trailers.remove(at).1);
        if self.kind == ChunkedPayload::SignedTrailer {
            let signature = signature.as_deref().and_then(hash::from_hex).ok_or(ChunkFault::Signature)?;
            let text: String =
                self.trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
            let hashes = hex(&hash::sha256(text.as_bytes()));
            self.signer.check("AWS4-HMAC-SHA256-TRAILER", &hashes, signature)?;
        }
        self.state = State::End;
        Ok(())
    }
}

impl Signer {
    /// Checks one signature of the chain; each goes into the next.
    fn check(&mut self, algorithm: &str, hashes: &str, signature: Hash) -> Result<(), ChunkFault> {
        let Self { moment, scope, previous, .. } = &*self;
        let text = format!("{algorithm}\n{moment}\n{scope}\n{}\n{hashes}", hex(previous));
        if !hash::same(&hash::hmac(&self.key, text.as_bytes()), &signature) {
            return Err(ChunkFault::Signature);
        }
        self.previous = signature;
        Ok(())
    }
}
