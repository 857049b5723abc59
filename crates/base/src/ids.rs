//! Identifiers that are types, so that an account is never passed where a region belongs.

use crate::Random;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// An identifier that does not have the form its kind demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{value}' is not {expected}")]
pub struct ParseIdError {
    value: String,
    expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(value: &str) -> Result<Self, ParseIdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(value) {
                    Ok(Self(value.into()))
                } else {
                    let value = value.chars().take(64).collect();
                    Err(ParseIdError { value, expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(value: String) -> Result<Self, ParseIdError> {
                value.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A 12-digit AWS account number.
    AccountId, "a 12-digit account id", |v| v.len() == 12 && v.bytes().all(|b| b.is_ascii_digit())
}

text_id! {
    /// A region name such as `us-east-1`; any lower-case name of that form is accepted.
    Region, "a region name",
    |v| (3..=32).contains(&v.len())
        && v.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && v.as_bytes()[0].is_ascii_lowercase()
}

impl Default for AccountId {
    /// The account of a caller whose credentials name none.
    fn default() -> Self {
        Self("123456789012".into())
    }
}

impl Default for Region {
    fn default() -> Self {
        Self("us-east-1".into())
    }
}

/// The id of one request or invocation: a version 4 UUID in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(uuid::Uuid);

impl RequestId {
    /// A new id drawn from `random`.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The id of what is no request: all zeros.
    pub const fn nil() -> Self {
        Self(uuid::Uuid::nil())
    }

    /// The id as a number. All of its bits are random but six: four that say the version of the UUID
    /// (bits 76 to 79, from the least) and two its variant (bits 62 and 63).
    pub fn as_u128(self) -> u128 {
        self.0.as_u128()
    }
}

impl FromStr for RequestId {
    type Err = ParseIdError;
    fn from_str(value: &str) -> Result<Self, ParseIdError> {
        uuid::Uuid::parse_str(value)
            .map(Self)
            .map_err(|_| ParseIdError { value: value.chars().take(64).collect(), expected: "a UUID" })
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids() {
        fn check(input: &str, ok: bool) {
            assert_eq!(input.parse::<AccountId>().is_ok(), ok, "{input}");
        }
        check("123456789012", true);
        check("12345678901", false);
        check("12345678901a", false);
        check("", false);
    }

    #[test]
    fn regions() {
        fn check(input: &str, ok: bool) {
            assert_eq!(input.parse::<Region>().is_ok(), ok, "{input}");
        }
        check("us-east-1", true);
        check("eu-central-2", true);
        check("../etc", false);
        check("US-EAST-1", false);
        check("", false);
    }
}
