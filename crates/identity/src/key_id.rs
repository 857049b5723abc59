//! Access key ids: 4 letters for the kind, and 16 that hold the account, as AWS's own do.
//!
//! The 16 letters are 80 bits in base 32. As in AWS's ids, the 40 bits after the first are the account's number, so
//! that whose a key is follows from its id alone (`GetAccessKeyInfo`). The others are drawn.

use tinderbox_base::{AccountId, Random};

/// The kind of a long-term key.
pub(crate) const LONG_TERM: &str = "AKIA";
/// The kind of a session's key.
pub(crate) const SESSION: &str = "ASIA";

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The bits after the account's: 80, less the first one, less 40.
const DRAWN_BITS: u32 = 39;
const ACCOUNT_BITS: u32 = 40;

/// A new id of `kind` for `account`.
pub(crate) fn new(kind: &str, account: &AccountId, random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let drawn = u128::from_be_bytes(bytes) & ((1 << 80) - 1);
    let mask: u128 = ((1 << ACCOUNT_BITS) - 1) << DRAWN_BITS;
    // An account is a number of 12 digits, which 40 bits hold.
    let number: u128 = account.as_str().parse().unwrap_or_default();
    let bits = (drawn & !mask) | ((number << DRAWN_BITS) & mask);
    let letter = |at: u32| char::from(ALPHABET[((bits >> (5 * at)) & 31) as usize]);
    kind.chars().chain((0..16).rev().map(letter)).collect()
}

/// The account of a key; none if it cannot be an id of ours.
pub(crate) fn account(id: &str) -> Option<AccountId> {
    let letters = id.strip_prefix(LONG_TERM).or_else(|| id.strip_prefix(SESSION))?;
    if letters.len() != 16 {
        return None;
    }
    let mut bits: u128 = 0;
    for letter in letters.bytes() {
        let digit = ALPHABET.iter().position(|l| *l == letter)?;
        bits = bits << 5 | digit as u128;
    }
    let number = (bits >> DRAWN_BITS) & ((1 << ACCOUNT_BITS) - 1);
    format!("{number:012}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::SeededRandom;

    #[test]
    fn an_id_holds_its_account() {
        let random = SeededRandom::new(5);
        for text in ["123456789012", "000000000000", "999999999999", "000000000001"] {
            let id = new(LONG_TERM, &text.parse().expect("an account"), &random);
            assert!(id.len() == 20 && id.starts_with("AKIA"), "{id}");
            assert_eq!(account(&id).expect("ours").as_str(), text, "{id}");
        }
        // As AWS's own are read: the key of the IAM guide's examples.
        assert_eq!(account("AKIAIOSFODNN7EXAMPLE").expect("an id").as_str(), "581039954779");
        for other in ["", "AKIA", "test", "AKIAIOSFODNN7EXAMPL1", "AROAQNZGKIQY56JQ7WML"] {
            assert_eq!(account(other), None, "{other}");
        }
    }
}
