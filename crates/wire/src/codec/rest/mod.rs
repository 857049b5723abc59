//! What restJson1 and restXml share: members in the path, the query string and headers.

mod bind;
mod emit;

pub(crate) use bind::bind;
pub(crate) use emit::emit;

use crate::schema::{Location, Member};

/// The member that is the whole body, if there is one.
pub(crate) fn payload(members: &'static [Member]) -> Option<(usize, &'static Member)> {
    members.iter().enumerate().find(|(_, m)| m.location == Location::Payload)
}
