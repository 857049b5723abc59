//! What restJson1 and restXml share: members in the path, the query string and headers.

mod bind;
mod emit;

pub(crate) use bind::bind;
pub(crate) use emit::emit;

use crate::{
    Value,
    codec::Malformed,
    schema::{Kind, Location, Member, Shape},
};
use bytes::Bytes;

/// The member that is the whole body, if there is one.
pub(crate) fn payload(members: &'static [Member]) -> Option<(usize, &'static Member)> {
    members.iter().enumerate().find(|(_, m)| m.location == Location::Payload)
}

/// A body that is one member and no document: bytes as they came, or text.
pub(crate) fn raw(shape: &Shape, body: &Bytes) -> Result<Value, Malformed> {
    match shape.kind {
        Kind::String(_) => match std::str::from_utf8(body) {
            Ok(text) => Ok(Value::String(text.to_owned())),
            Err(_) => Err(Malformed::new("The body is not UTF-8")),
        },
        _ => Ok(Value::Blob(body.clone())),
    }
}
