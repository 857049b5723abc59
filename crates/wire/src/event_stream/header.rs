//! Typed headers.

use super::Broken;
use bytes::{Buf, BufMut, Bytes};

/// One header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its name, of 1 to 255 bytes; those of the protocol itself begin with a colon.
    pub name: String,
    /// Its value.
    pub value: HeaderValue,
}

/// A header's value; the numbers of the types are the protocol's.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderValue {
    /// True (0) or false (1).
    Bool(bool),
    /// A whole number of 8 bits (2).
    Byte(i8),
    /// A whole number of 16 bits (3).
    Short(i16),
    /// A whole number of 32 bits (4).
    Int(i32),
    /// A whole number of 64 bits (5).
    Long(i64),
    /// At most 32,767 bytes (6).
    Bytes(Bytes),
    /// At most 32,767 bytes of UTF-8 (7).
    String(String),
    /// Milliseconds since the epoch (8).
    Timestamp(i64),
    /// A UUID (9).
    Uuid([u8; 16]),
}

/// Bytes of a value of variable length.
const MAX_VALUE: usize = 32_767;

impl Header {
    /// A header with text.
    pub fn text(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), value: HeaderValue::String(text.to_owned()) }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), Broken> {
        let length = u8::try_from(self.name.len()).ok().filter(|n| *n > 0).ok_or(Broken::Header)?;
        out.put_u8(length);
        out.put_slice(self.name.as_bytes());
        match &self.value {
            HeaderValue::Bool(flag) => out.put_u8(u8::from(!flag)),
            HeaderValue::Byte(n) => {
                out.put_u8(2);
                out.put_i8(*n);
            }
            HeaderValue::Short(n) => {
                out.put_u8(3);
                out.put_i16(*n);
            }
            HeaderValue::Int(n) => {
                out.put_u8(4);
                out.put_i32(*n);
            }
            HeaderValue::Long(n) => {
                out.put_u8(5);
                out.put_i64(*n);
            }
            HeaderValue::Bytes(bytes) => variable(6, bytes, out)?,
            HeaderValue::String(text) => variable(7, text.as_bytes(), out)?,
            HeaderValue::Timestamp(millis) => {
                out.put_u8(8);
                out.put_i64(*millis);
            }
            HeaderValue::Uuid(uuid) => {
                out.put_u8(9);
                out.put_slice(uuid);
            }
        }
        Ok(())
    }

    /// Takes one header off the front of `from`.
    pub(super) fn read(from: &mut Bytes) -> Result<Self, Broken> {
        let length = from.try_get_u8().map_err(|_| Broken::Header)?;
        let name = text(take(from, length.into())?)?;
        if name.is_empty() {
            return Err(Broken::Header);
        }
        let kind = from.try_get_u8().map_err(|_| Broken::Header)?;
        let short = |_| Broken::Header;
        let value = match kind {
            0 => HeaderValue::Bool(true),
            1 => HeaderValue::Bool(false),
            2 => HeaderValue::Byte(from.try_get_i8().map_err(short)?),
            3 => HeaderValue::Short(from.try_get_i16().map_err(short)?),
            4 => HeaderValue::Int(from.try_get_i32().map_err(short)?),
            5 => HeaderValue::Long(from.try_get_i64().map_err(short)?),
            6 | 7 => {
                let length = usize::from(from.try_get_u16().map_err(short)?);
                if length > MAX_VALUE {
                    return Err(Broken::Header);
                }
                let bytes = take(from, length)?;
                if kind == 6 { HeaderValue::Bytes(bytes) } else { HeaderValue::String(text(bytes)?) }
            }
            8 => HeaderValue::Timestamp(from.try_get_i64().map_err(short)?),
            9 => {
                let mut uuid = [0; 16];
                take(from, 16)?.copy_to_slice(&mut uuid);
                HeaderValue::Uuid(uuid)
            }
            _ => return Err(Broken::Header),
        };
        Ok(Self { name, value })
    }
}

fn variable(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
    let length = u16::try_from(bytes.len()).ok().filter(|n| usize::from(*n) <= MAX_VALUE);
    out.put_u8(kind);
    out.put_u16(length.ok_or(Broken::Header)?);
    out.put_slice(bytes);
    Ok(())
}

fn take(from: &mut Bytes, count: usize) -> Result<Bytes, Broken> {
    if count > from.len() { Err(Broken::Header) } else { Ok(from.split_to(count)) }
}

fn text(bytes: Bytes) -> Result<String, Broken> {
    String::from_utf8(bytes.into()).map_err(|_| Broken::Header)
}
