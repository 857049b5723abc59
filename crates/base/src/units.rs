//! Quantities that carry their unit.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number outside the range of its quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not between {min} and {max}")]
pub struct ParseUnitError {
    value: i64,
    min: i64,
    max: i64,
}

/// The memory of a function, in MiB: 128 to 10,240 in steps of 1 (Lambda quotas page).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Memory(u32);

impl Memory {
    /// The least a function can have, and the default.
    pub const MIN: Self = Self(128);
    /// The most a function can have.
    pub const MAX: Self = Self(10_240);

    /// The memory in MiB.
    pub const fn mib(self) -> u32 {
        self.0
    }

    /// The memory in bytes.
    pub const fn bytes(self) -> u64 {
        self.0 as u64 * 1024 * 1024
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::MIN
    }
}

impl TryFrom<i64> for Memory {
    type Error = ParseUnitError;
    fn try_from(value: i64) -> Result<Self, ParseUnitError> {
        let (min, max) = (i64::from(Self::MIN.0), i64::from(Self::MAX.0));
        match u32::try_from(value) {
            Ok(mib) if (min..=max).contains(&value) => Ok(Self(mib)),
            _ => Err(ParseUnitError { value, min, max }),
        }
    }
}

impl From<Memory> for i64 {
    fn from(memory: Memory) -> i64 {
        i64::from(memory.0)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MB", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_limits() {
        fn check(mib: i64, ok: bool) {
            assert_eq!(Memory::try_from(mib).is_ok(), ok, "{mib}");
        }
        check(127, false);
        check(128, true);
        check(10_240, true);
        check(10_241, false);
        check(-1, false);
        check(i64::MAX, false);
    }
}
