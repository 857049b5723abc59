//! SHA-256 and HMAC as Signature Version 4 uses them.

use aws_lc_rs::{digest, hmac};
use std::fmt::Write as _;

/// A SHA-256 hash, or an HMAC with it.
pub type Hash = [u8; 32];

/// The SHA-256 hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    to_hash(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(super) fn hmac(key: &[u8], bytes: &[u8]) -> Hash {
    to_hash(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref())
}

fn to_hash(bytes: &[u8]) -> Hash {
    // Both algorithms make 32 bytes.
    bytes.try_into().unwrap_or_default()
}

/// Whether two hashes are equal, in a time that does not depend on where they differ.
pub(super) fn same(one: &Hash, other: &Hash) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A hash written in 64 lower-case hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Hash> {
    if text.len() != 64 {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(hash)
}

/// The key of one day, region and service.
pub(super) fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> Hash {
    let day = hmac(format!("AWS4{secret}").as_bytes(), date.as_bytes());
    let service = hmac(&hmac(&day, region.as_bytes()), service.as_bytes());
    hmac(&service, b"aws4_request")
}
