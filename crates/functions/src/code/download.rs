//! Links from which a function's package can be fetched for a while, without credentials.

use crate::errors;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tinderbox_base::{Clock, Random, Result, Timestamp};
use tinderbox_blobs::Digest;

/// How long a link works (Lambda API, `FunctionCodeLocation`: ten minutes).
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);

/// Makes and checks the links' tokens. They end with the process that made them.
#[derive(Debug)]
pub(crate) struct Downloads {
    secret: [u8; 32],
}

/// When it ends, what it opens, and a proof that we made it.
const TOKEN_BYTES: usize = 8 + 32 + 32;

impl Downloads {
    pub(crate) fn new(random: &dyn Random) -> Self {
        let mut secret = [0; 32];
        random.fill(&mut secret);
        Self { secret }
    }

    /// A token that opens `digest` until its lifetime ends.
    pub(crate) fn token(&self, clock: &dyn Clock, digest: &Digest) -> String {
        let until = (clock.now() + LIFETIME).as_millis().to_be_bytes();
        let proof = self.proof(until, digest.as_bytes());
        let bytes = until.iter().chain(digest.as_bytes()).chain(&proof);
        bytes.map(|b| format!("{b:02x}")).collect()
    }

    /// What `token` opens.
    pub(crate) fn check(&self, clock: &dyn Clock, token: &str) -> Result<Digest> {
        let refused = || errors::not_found("The link has expired or was never valid.");
        let bytes = parse(token).ok_or_else(refused)?;
        let (until, rest) = bytes.split_first_chunk::<8>().ok_or_else(refused)?;
        let (digest, proof) = rest.split_first_chunk::<32>().ok_or_else(refused)?;
        let expected = self.proof(*until, digest);
        // Compared without a hint at how much of it is right.
        let differ = expected.iter().zip(proof).fold(0, |sum, (a, b)| sum | (a ^ b));
        if differ != 0 || Timestamp::from_millis(i64::from_be_bytes(*until)) < clock.now() {
            return Err(refused());
        }
        Ok(Digest::from_bytes(*digest))
    }

    /// The secret is hashed before and after, so that no proof can be extended to another.
    fn proof(&self, until: [u8; 8], digest: &[u8; 32]) -> [u8; 32] {
        let inner =
            Sha256::new().chain_update(self.secret).chain_update(until).chain_update(digest).finalize();
        Sha256::new().chain_update(self.secret).chain_update(inner).finalize().into()
    }
}

fn parse(token: &str) -> Option<[u8; TOKEN_BYTES]> {
    let mut bytes = [0; TOKEN_BYTES];
    let (pairs, []) = token.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != TOKEN_BYTES {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tinderbox_base::{ManualClock, SeededRandom};

    #[test]
    fn a_token_works_for_a_while() {
        let (clock, digest) = (ManualClock::default(), Digest::of(b"zip"));
        let downloads = Downloads::new(&SeededRandom::new(1));
        let token = downloads.token(&clock, &digest);
        assert_eq!(downloads.check(&clock, &token).ok(), Some(digest));
        assert!(Downloads::new(&SeededRandom::new(2)).check(&clock, &token).is_err());
        clock.advance(LIFETIME);
        assert!(downloads.check(&clock, &token).is_ok());
        clock.advance(Duration::from_millis(1));
        assert!(downloads.check(&clock, &token).is_err());
    }

    proptest! {
        #[test]
        fn no_other_token_works(index: prop::sample::Index, digit in "[0-9a-f]", text in "\\PC{0,150}") {
            let (clock, downloads) = (ManualClock::default(), Downloads::new(&SeededRandom::new(1)));
            let token = downloads.token(&clock, &Digest::of(b"zip"));
            let mut changed = token.clone();
            let at = index.index(token.len());
            changed.replace_range(at..=at, &digit);
            prop_assert_eq!(downloads.check(&clock, &changed).is_ok(), changed == token);
            prop_assert!(downloads.check(&clock, &text).is_err());
        }
    }
}
