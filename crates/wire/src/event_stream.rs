//! `application/vnd.amazon.eventstream`: messages of headers and a payload, each guarded by two checksums.
//!
//! A message is, in network order: its length and its headers' length (4 bytes each), the CRC-32 of those eight
//! bytes, the headers, the payload, and the CRC-32 of everything before. The form is specified in
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>. A service's stream is one message an event; the headers
//! `:message-type`, `:event-type` and `:content-type` tell what the payload is.

mod header;
mod read;

pub use header::{Header, HeaderValue};
pub use read::{Broken, Decoder};

use bytes::{BufMut, Bytes, BytesMut};

/// The content type of a body that is such a stream.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// Bytes of one message, everything included. Smithy says that clients need not take more than 16 MiB.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Bytes of one message's headers (the same page).
pub const MAX_HEADERS: usize = 128 * 1024;

/// What surrounds headers and payload: two lengths and two checksums.
const FRAMING: usize = 16;

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Its headers, in order.
    pub headers: Vec<Header>,
    /// Its payload.
    pub payload: Bytes,
}

impl Message {
    /// An event of the type `name` (a member of the stream's union), whose payload is of `content_type`.
    pub fn event(name: &str, content_type: &str, payload: impl Into<Bytes>) -> Self {
        Self::typed("event", ":event-type", name, content_type, payload.into())
    }

    /// An error that the stream's model names, which ends the stream.
    pub fn exception(name: &str, content_type: &str, payload: impl Into<Bytes>) -> Self {
        Self::typed("exception", ":exception-type", name, content_type, payload.into())
    }

    /// An error that no model names, which ends the stream.
    pub fn error(code: &str, message: &str) -> Self {
        let headers = [(":message-type", "error"), (":error-code", code), (":error-message", message)];
        Self { headers: headers.map(|(name, text)| Header::text(name, text)).into(), payload: Bytes::new() }
    }

    fn typed(kind: &str, key: &str, name: &str, content_type: &str, payload: Bytes) -> Self {
        let mut headers = vec![Header::text(":message-type", kind), Header::text(key, name)];
        // An event without a body says nothing of its type.
        if !payload.is_empty() {
            headers.push(Header::text(":content-type", content_type));
        }
        Self { headers, payload }
    }

    /// The text of the header called `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).and_then(|header| match &header.value {
            HeaderValue::String(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The message as bytes.
    ///
    /// # Errors
    /// A header cannot be written, or the message is larger than [`MAX_MESSAGE`] or its headers than [`MAX_HEADERS`].
    pub fn encode(&self) -> Result<Bytes, Broken> {
        let mut headers = Vec::new();
        for header in &self.headers {
            header.write(&mut headers)?;
        }
        let whole = FRAMING.saturating_add(headers.len()).saturating_add(self.payload.len());
        if headers.len() > MAX_HEADERS || whole > MAX_MESSAGE {
            return Err(Broken::TooLarge);
        }
        let length = |count: usize| u32::try_from(count).map_err(|_| Broken::TooLarge);
        let mut out = BytesMut::with_capacity(whole);
        out.put_u32(length(whole)?);
        out.put_u32(length(headers.len())?);
        out.put_u32(crc32fast::hash(&out));
        out.put_slice(&headers);
        out.put_slice(&self.payload);
        out.put_u32(crc32fast::hash(&out));
        Ok(out.freeze())
    }
}

#[cfg(test)]
mod tests;
