//! Ids as API Gateway makes them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::fmt::Write as _;
use tinderbox_base::{Clock, Random};

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const MIXED: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn drawn(random: &dyn Random, alphabet: &[u8], length: usize) -> String {
    let bound = alphabet.len() as u64;
    (0..length)
        .map(|_| {
            usize::try_from(random.below(bound))
                .ok()
                .and_then(|i| alphabet.get(i))
                .map_or('a', |b| *b as char)
        })
        .collect()
}

/// An API's id, which is also a label of its host name: ten of `a-z0-9`, the first a letter.
pub(crate) fn api(random: &dyn Random) -> String {
    drawn(random, &ALPHABET[..26], 1) + &drawn(random, ALPHABET, 9)
}

/// The id of a part of an API: six of `a-z0-9`.
pub(crate) fn part(random: &dyn Random) -> String {
    drawn(random, ALPHABET, 6)
}

/// The value of an API key: forty letters and digits.
pub(crate) fn key_value(random: &dyn Random) -> String {
    drawn(random, MIXED, 40)
}

/// A request's extended id, `x-amz-apigw-id`: eleven bytes in base64.
pub(crate) fn extended(random: &dyn Random) -> String {
    let mut bytes = [0; 11];
    random.fill(&mut bytes);
    BASE64_STANDARD.encode(bytes)
}

/// The root of a trace, `Root=1-{time}-{id}` (X-Ray's tracing header).
pub(crate) fn trace_root(clock: &dyn Clock, random: &dyn Random) -> String {
    let mut bytes = [0; 12];
    random.fill(&mut bytes);
    let mut root = format!("Root=1-{:08x}-", clock.now().as_millis().div_euclid(1000));
    for byte in bytes {
        let _ = write!(root, "{byte:02x}");
    }
    root
}

/// A trace as it is passed on: with a parent, and with whether it is recorded.
pub(crate) fn trace_passed_on(trace: &str, random: &dyn Random) -> String {
    if trace.contains("Parent=") {
        return trace.to_owned();
    }
    let mut parent = [0; 8];
    random.fill(&mut parent);
    let sampled = if trace.contains("Sampled=") { "" } else { ";Sampled=0" };
    format!("{trace};Parent={:016x}{sampled}", u64::from_be_bytes(parent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::SeededRandom;

    #[test]
    fn forms() {
        let random = SeededRandom::new(3);
        let api = api(&random);
        assert!(api.len() == 10 && api.starts_with(|c: char| c.is_ascii_lowercase()), "{api}");
        assert_eq!(part(&random).len(), 6);
        assert_eq!(key_value(&random).len(), 40);
        let extended = extended(&random);
        assert!(extended.len() == 16 && extended.ends_with('='), "{extended}");
    }

    #[test]
    fn traces_have_parents() {
        let given = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1";
        assert_eq!(trace_passed_on(given, &SeededRandom::new(3)), given);
        let made = trace_passed_on("Root=1-3152b799-8954dae64eda91bc9a23a7e8", &SeededRandom::new(3));
        let parts: Vec<_> = made.split(';').collect();
        assert_eq!((parts[0], parts[2]), ("Root=1-3152b799-8954dae64eda91bc9a23a7e8", "Sampled=0"));
        assert!(parts[1].len() == 23 && parts[1].starts_with("Parent="), "{made}");
    }
}
