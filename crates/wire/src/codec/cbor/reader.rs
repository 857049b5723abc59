//! The tokens of CBOR.

use crate::codec::{Budget, Malformed};

/// One data item's head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    /// A whole number; `None` if it does not fit 64 bits with a sign.
    Int(Option<i64>),
    /// Bytes of a length, or in chunks until a break.
    Bytes(Option<u64>),
    /// Text of a length, or in chunks until a break.
    Text(Option<u64>),
    /// An array of so many items, or until a break.
    Array(Option<u64>),
    /// A map of so many entries, or until a break.
    Map(Option<u64>),
    Tag(u64),
    Bool(bool),
    /// Null and undefined.
    Null,
    Float(f64),
    Break,
}

/// Reads tokens off the front of a body.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

fn truncated() -> Malformed {
    Malformed::new("Could not parse the body as CBOR: it ends early")
}

fn invalid() -> Malformed {
    Malformed::new("Could not parse the body as CBOR")
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Malformed> {
        let count = usize::try_from(count).map_err(|_| truncated())?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: u64) -> Result<u64, Malformed> {
        Ok(self.take(bytes)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    pub(super) fn token(&mut self) -> Result<Token, Malformed> {
        let head = self.number(1)?;
        let (major, info) = (head >> 5, head & 0x1f);
        let argument = match info {
            0..=23 => Some(info),
            24 => Some(self.number(1)?),
            25 => Some(self.number(2)?),
            26 => Some(self.number(4)?),
            27 => Some(self.number(8)?),
            31 => None,
            _ => return Err(invalid()),
        };
        Ok(match (major, argument) {
            (0, Some(n)) => Token::Int(i64::try_from(n).ok()),
            (1, Some(n)) => Token::Int(i64::try_from(n).ok().map(|n| -1 - n)),
            (2, length) => Token::Bytes(length),
            (3, length) => Token::Text(length),
            (4, length) => Token::Array(length),
            (5, length) => Token::Map(length),
            (6, Some(tag)) => Token::Tag(tag),
            (7, None) => Token::Break,
            (7, Some(bits)) => match info {
                20 => Token::Bool(false),
                21 => Token::Bool(true),
                22 | 23 => Token::Null,
                25 => Token::Float(half(bits)),
                26 => Token::Float(f64::from(f32::from_bits(u32::try_from(bits).unwrap_or_default()))),
                27 => Token::Float(f64::from_bits(bits)),
                _ => return Err(invalid()),
            },
            _ => return Err(invalid()),
        })
    }

    /// The bytes that a [`Token::Bytes`] or [`Token::Text`] announced.
    pub(super) fn string(&mut self, length: Option<u64>) -> Result<Vec<u8>, Malformed> {
        let Some(length) = length else {
            let mut whole = Vec::new();
            loop {
                match self.token()? {
                    Token::Bytes(Some(length)) | Token::Text(Some(length)) => {
                        whole.extend_from_slice(self.take(length)?);
                    }
                    Token::Break => return Ok(whole),
                    _ => return Err(invalid()),
                }
            }
        };
        Ok(self.take(length)?.to_vec())
    }

    pub(super) fn text(&mut self, length: Option<u64>) -> Result<String, Malformed> {
        String::from_utf8(self.string(length)?).map_err(|_| invalid())
    }

    /// Passes over the item that begins with `token`.
    pub(super) fn skip(&mut self, token: Token, depth: usize) -> Result<(), Malformed> {
        let depth = Budget::deeper(depth)?;
        match token {
            Token::Bytes(length) | Token::Text(length) => match length {
                Some(length) => self.take(length).map(|_| ()),
                None => self.string(None).map(|_| ()),
            },
            Token::Array(length) => self.skip_items(length, 1, depth),
            Token::Map(length) => self.skip_items(length, 2, depth),
            Token::Tag(_) => {
                let token = self.token()?;
                self.skip(token, depth)
            }
            Token::Break => Err(invalid()),
            Token::Int(_) | Token::Bool(_) | Token::Null | Token::Float(_) => Ok(()),
        }
    }

    fn skip_items(&mut self, length: Option<u64>, each: u64, depth: usize) -> Result<(), Malformed> {
        let mut left = length.map(|length| length.saturating_mul(each));
        while left != Some(0) {
            let token = self.token()?;
            if token == Token::Break && left.is_none() {
                return Ok(());
            }
            self.skip(token, depth)?;
            left = left.map(|left| left - 1);
        }
        Ok(())
    }
}

/// A floating-point number of 16 bits (RFC 8949, appendix D).
fn half(bits: u64) -> f64 {
    let (exponent, mantissa) = ((bits >> 10) & 0x1f, (bits & 0x3ff) as f64);
    let magnitude = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (mantissa + 1024.0) * 2f64.powi(i32::try_from(e).unwrap_or_default() - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}
