//! Requests whose bodies are compressed (API Gateway guide, "Call an API method with a compressed payload").

use super::{
    exchange::Exchange,
    trouble::{Failed, Trouble},
};
use crate::limits::MAX_REQUEST_BODY;
use ::http::header;
use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// Decompresses the body, if the API takes compressed ones. What says that it was compressed stays, as functions
/// are seen to get it.
pub(super) fn unpack(exchange: &mut Exchange) -> Result<(), Failed> {
    let settings = exchange.variant().map(|variant| &variant.compiled.definition.settings);
    if settings.is_none_or(|settings| settings.minimum_compression_size.is_none()) {
        return Ok(());
    }
    let call = &mut exchange.call;
    let Some(coding) = call.headers.get(header::CONTENT_ENCODING).filter(|_| !call.body.is_empty()) else {
        return Ok(());
    };
    let unpacked = match coding.as_bytes().to_ascii_lowercase().as_slice() {
        b"identity" => return Ok(()),
        b"gzip" => read(MultiGzDecoder::new(&call.body[..])),
        b"deflate" => read(ZlibDecoder::new(&call.body[..])),
        _ => None,
    };
    let unpacked =
        unpacked.ok_or_else(|| Failed::new(Trouble::UnsupportedMediaType, "Unsupported Media Type"))?;
    if unpacked.len() as u64 > MAX_REQUEST_BODY {
        return Err(Failed::new(Trouble::RequestTooLarge, "Request Too Long"));
    }
    call.body = unpacked;
    exchange.unpacked = true;
    Ok(())
}

/// All of it, and at most a byte more than a body may have; nothing if it is not what it is said to be.
fn read(packed: impl Read) -> Option<Bytes> {
    let mut unpacked = Vec::new();
    packed.take(MAX_REQUEST_BODY + 1).read_to_end(&mut unpacked).ok()?;
    Some(unpacked.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    #[test]
    fn what_is_unpacked_is_bounded() {
        fn check(bytes: u64, expect: u64) {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&vec![0; usize::try_from(bytes).expect("small")]).expect("memory");
            let packed = packed.finish().expect("memory");
            let unpacked = read(MultiGzDecoder::new(&packed[..])).map(|unpacked| unpacked.len() as u64);
            assert_eq!(unpacked, Some(expect), "{bytes}");
        }
        check(0, 0);
        check(MAX_REQUEST_BODY, MAX_REQUEST_BODY);
        check(MAX_REQUEST_BODY * 4, MAX_REQUEST_BODY + 1);
        assert_eq!(read(MultiGzDecoder::new(&b"plain"[..])), None);
    }
}
