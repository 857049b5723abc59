//! JSON bodies.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::{write_member, write_string, write_structure};
