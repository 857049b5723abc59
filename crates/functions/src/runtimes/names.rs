//! The names of runtimes: which family and version each asks for, and whether AWS has retired it.

use crate::errors;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use tinderbox_base::{Error, Result, config::RetiredRuntimes};

/// What kind of interpreter a runtime needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// CPython.
    Python,
    /// Node.js.
    Node,
    /// None: the package brings an executable named `bootstrap`.
    Provided,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "Python",
            Self::Node => "Node.js",
            Self::Provided => "custom runtime",
        })
    }
}

/// The version of an interpreter: major and minor; Node.js counts only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterpreterVersion(pub u16, pub u16);

/// One row of the table below.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: &'static str,
    family: Family,
    version: InterpreterVersion,
    retired: bool,
}

const fn entry(name: &'static str, family: Family, major: u16, minor: u16, retired: bool) -> Entry {
    Entry { name, family, version: InterpreterVersion(major, minor), retired }
}

/// Every name AWS has had for Python, Node.js and custom runtimes. Retired are those for which
/// CreateFunction is refused there.
const TABLE: &[Entry] = {
    use Family::{Node, Provided, Python};
    &[
        entry("nodejs24.x", Node, 24, 0, false),
        entry("nodejs22.x", Node, 22, 0, false),
        entry("nodejs20.x", Node, 20, 0, false),
        entry("nodejs18.x", Node, 18, 0, false),
        entry("nodejs16.x", Node, 16, 0, false),
        entry("python3.14", Python, 3, 14, false),
        entry("python3.13", Python, 3, 13, false),
        entry("python3.12", Python, 3, 12, false),
        entry("python3.11", Python, 3, 11, false),
        entry("python3.10", Python, 3, 10, false),
        entry("python3.9", Python, 3, 9, false),
        entry("python3.8", Python, 3, 8, false),
        entry("provided.al2023", Provided, 2023, 0, false),
        entry("provided.al2", Provided, 2, 0, false),
        entry("nodejs14.x", Node, 14, 0, true),
        entry("nodejs12.x", Node, 12, 0, true),
        entry("nodejs10.x", Node, 10, 0, true),
        entry("nodejs8.10", Node, 8, 10, true),
        entry("nodejs6.10", Node, 6, 10, true),
        entry("nodejs4.3-edge", Node, 4, 3, true),
        entry("nodejs4.3", Node, 4, 3, true),
        entry("nodejs", Node, 0, 10, true),
        entry("python3.7", Python, 3, 7, true),
        entry("python3.6", Python, 3, 6, true),
        entry("python2.7", Python, 2, 7, true),
        entry("provided", Provided, 1, 0, true),
    ]
};

/// A runtime's name that is known here.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct RuntimeName(&'static Entry);

impl RuntimeName {
    /// The name, such as `python3.12`.
    pub fn as_str(self) -> &'static str {
        self.0.name
    }

    /// What kind of interpreter it needs.
    pub fn family(self) -> Family {
        self.0.family
    }

    /// The version of the interpreter it names.
    pub fn version(self) -> InterpreterVersion {
        self.0.version
    }

    /// Whether AWS has retired it.
    pub fn retired(self) -> bool {
        self.0.retired
    }

    /// Every name known here, supported ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The runtime a caller asks for by `name`, under the policy for retired ones.
    pub fn requested(name: &str, policy: RetiredRuntimes) -> Result<Self> {
        let runtime: Self = name.parse()?;
        match policy {
            RetiredRuntimes::Reject if runtime.retired() => Err(errors::invalid_parameter(format!(
                "The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda \
                 functions. We recommend you use a supported runtime while creating or updating functions."
            ))),
            RetiredRuntimes::Reject | RetiredRuntimes::Nearest => Ok(runtime),
        }
    }
}

impl FromStr for RuntimeName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::all().find(|r| r.as_str() == name).ok_or_else(|| {
            let supported: Vec<_> = Self::all().filter(|r| !r.retired()).map(Self::as_str).collect();
            let shown: String = name.chars().take(128).collect();
            errors::invalid_parameter(format!(
                "Value {shown} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \
                 [{}] or be a valid ARN",
                supported.join(", ")
            ))
        })
    }
}

impl TryFrom<String> for RuntimeName {
    type Error = Error;
    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl From<RuntimeName> for &'static str {
    fn from(name: RuntimeName) -> Self {
        name.as_str()
    }
}

impl fmt::Display for RuntimeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RuntimeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The interpreter nearest to `wanted` among `present`: the same version, else the next newer one,
/// else the newest of the older ones.
///
/// Python 2 and 3 are different languages, yet a Python 2 name takes a Python 3 when nothing else
/// is there: simple handlers run on both.
pub fn nearest(
    wanted: InterpreterVersion,
    present: impl IntoIterator<Item = InterpreterVersion>,
) -> Option<InterpreterVersion> {
    let (mut newer, mut older): (Option<InterpreterVersion>, Option<InterpreterVersion>) = (None, None);
    for version in present {
        if version >= wanted {
            newer = Some(newer.map_or(version, |best| best.min(version)));
        } else {
            older = Some(older.map_or(version, |best| best.max(version)));
        }
    }
    newer.or(older)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        fn check(name: &str, expect: Option<(Family, u16, u16, bool)>) {
            let found = name.parse::<RuntimeName>().ok();
            let found = found.map(|r| (r.family(), r.version().0, r.version().1, r.retired()));
            assert_eq!(found, expect, "{name}");
        }
        check("python3.12", Some((Family::Python, 3, 12, false)));
        check("python2.7", Some((Family::Python, 2, 7, true)));
        check("nodejs6.10", Some((Family::Node, 6, 10, true)));
        check("nodejs24.x", Some((Family::Node, 24, 0, false)));
        check("provided.al2023", Some((Family::Provided, 2023, 0, false)));
        check("PYTHON3.9", None);
        check("java21", None);
        check("", None);
    }

    #[test]
    fn an_unknown_name_is_told_what_there_is() {
        let error = "non-existent-runtime".parse::<RuntimeName>().expect_err("unknown");
        assert_eq!(error.code(), Some("InvalidParameterValueException"));
        let text = error.message();
        let start = "Value non-existent-runtime at 'runtime' failed to satisfy constraint: Member must satisfy \
                     enum value set: [nodejs24.x, ";
        assert!(text.starts_with(start) && text.ends_with("] or be a valid ARN"), "{text}");
        assert!(!text.contains("python2.7"), "{text}");
    }

    #[test]
    fn retired_names_follow_the_policy() {
        fn check(name: &str, policy: RetiredRuntimes, ok: bool) {
            assert_eq!(RuntimeName::requested(name, policy).is_ok(), ok, "{name}");
        }
        check("nodejs6.10", RetiredRuntimes::Nearest, true);
        check("nodejs6.10", RetiredRuntimes::Reject, false);
        check("nodejs20.x", RetiredRuntimes::Reject, true);
        let error = RuntimeName::requested("python3.7", RetiredRuntimes::Reject).expect_err("retired");
        assert_eq!(
            error.message(),
            "The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda \
             functions. We recommend you use a supported runtime while creating or updating functions."
        );
    }

    #[test]
    fn the_nearest_interpreter() {
        fn check(wanted: (u16, u16), present: &[(u16, u16)], expect: Option<(u16, u16)>) {
            let version = |&(a, b): &(u16, u16)| InterpreterVersion(a, b);
            assert_eq!(nearest(version(&wanted), present.iter().map(version)), expect.as_ref().map(version));
        }
        check((3, 9), &[(3, 8), (3, 9), (3, 11)], Some((3, 9)));
        check((3, 9), &[(3, 8), (3, 12), (3, 11)], Some((3, 11)));
        check((3, 14), &[(3, 8), (3, 13), (2, 7)], Some((3, 13)));
        check((2, 7), &[(3, 8), (3, 11)], Some((3, 8)));
        check((6, 10), &[(20, 2), (18, 0)], Some((18, 0)));
        check((20, 0), &[(20, 11)], Some((20, 11)));
        check((3, 9), &[], None);
    }

    #[test]
    fn names_are_stored_as_text() {
        let name: RuntimeName = serde_json::from_str("\"python3.12\"").expect("known");
        assert_eq!(serde_json::to_string(&name).expect("text"), "\"python3.12\"");
    }
}
