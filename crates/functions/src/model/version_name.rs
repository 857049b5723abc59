//! Which version of a function is meant.

use crate::names::LATEST;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The version that is being edited, or a published one by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum VersionName {
    /// `$LATEST`.
    Latest,
    /// A published version, from 1.
    Number(u64),
}

/// A text that names no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version")]
pub struct NoVersion;

impl FromStr for VersionName {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        if text == LATEST {
            return Ok(Self::Latest);
        }
        let number = text.parse().map_err(|_| NoVersion)?;
        // `01` and `+1` are not how a version is called.
        if number > 0 && text.as_bytes()[0].is_ascii_digit() && text.as_bytes()[0] != b'0' {
            Ok(Self::Number(number))
        } else {
            Err(NoVersion)
        }
    }
}

impl TryFrom<String> for VersionName {
    type Error = NoVersion;
    fn try_from(text: String) -> Result<Self, NoVersion> {
        text.parse()
    }
}

impl From<VersionName> for String {
    fn from(name: VersionName) -> String {
        name.to_string()
    }
}

impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str(LATEST),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_versions() {
        fn check(text: &str, expect: Option<VersionName>) {
            assert_eq!(text.parse().ok(), expect, "{text}");
            if let Some(name) = expect {
                assert_eq!(name.to_string(), text);
            }
        }
        check("$LATEST", Some(VersionName::Latest));
        check("1", Some(VersionName::Number(1)));
        check("18446744073709551615", Some(VersionName::Number(u64::MAX)));
        for text in ["", "0", "01", "+1", "-1", "1.0", "live", "$latest", "18446744073709551616"] {
            check(text, None);
        }
    }
}
