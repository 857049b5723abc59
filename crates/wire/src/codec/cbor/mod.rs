//! CBOR bodies (RFC 8949), as rpcv2Cbor uses them.

mod decode;
mod reader;
mod write;

pub(crate) use decode::decode;
pub(crate) use write::{structure, write_error};
