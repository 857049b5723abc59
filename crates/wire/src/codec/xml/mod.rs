//! XML bodies.

mod decode;
mod tree;
mod write;

pub(crate) use decode::decode;
pub(crate) use write::Writer;
