//! Messages out of bytes that arrive in pieces.

use super::{FRAMING, Header, MAX_HEADERS, MAX_MESSAGE, Message};
use bytes::{Buf, Bytes, BytesMut};

/// Why a message cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Broken {
    /// The message or its headers have more bytes than is allowed.
    #[error("a message of an event stream is too large")]
    TooLarge,
    /// The lengths of a message contradict each other.
    #[error("a message of an event stream has lengths that cannot be")]
    Lengths,
    /// A checksum is not that of the bytes.
    #[error("a message of an event stream has a wrong checksum")]
    Checksum,
    /// A header has no name, a type that does not exist, or ends early.
    #[error("a message of an event stream has a header that cannot be read")]
    Header,
}

/// Collects bytes and gives messages. It holds at most one message and what came with it.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Adds what arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether the bytes so far end where a message ends.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next message, or nothing until more arrives.
    ///
    /// # Errors
    /// The bytes are no such message. There is no way to go on after that.
    pub fn message(&mut self) -> Result<Option<Message>, Broken> {
        let mut prelude = &*self.buffer;
        let (Ok(whole), Ok(headers), Ok(sum)) =
            (prelude.try_get_u32(), prelude.try_get_u32(), prelude.try_get_u32())
        else {
            return Ok(None);
        };
        let first = self.buffer.get(..8).unwrap_or_default();
        if crc32fast::hash(first) != sum {
            return Err(Broken::Checksum);
        }
        let length = |n: u32| usize::try_from(n).map_err(|_| Broken::TooLarge);
        let (whole, headers) = (length(whole)?, length(headers)?);
        if whole > MAX_MESSAGE || headers > MAX_HEADERS {
            return Err(Broken::TooLarge);
        }
        if whole < FRAMING.saturating_add(headers) {
            return Err(Broken::Lengths);
        }
        if self.buffer.len() < whole {
            return Ok(None);
        }
        parse(self.buffer.split_to(whole).freeze(), headers).map(Some)
    }
}

/// Reads a whole message whose prelude is good.
fn parse(mut message: Bytes, headers: usize) -> Result<Message, Broken> {
    let mut sum = message.split_off(message.len().saturating_sub(4));
    if sum.try_get_u32() != Ok(crc32fast::hash(&message)) {
        return Err(Broken::Checksum);
    }
    message.advance(12);
    let mut from = message.split_to(headers);
    let mut found = Vec::new();
    while !from.is_empty() {
        found.push(Header::read(&mut from)?);
    }
    Ok(Message { headers: found, payload: message })
}
