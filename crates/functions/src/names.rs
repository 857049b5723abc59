//! Names of functions: what may be one, and the forms in which callers write them.

use crate::errors;
use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};
use tinderbox_base::{AccountId, Arn, Caller, Error, Principal, Region, Result};

/// The longest name of a function (Lambda API, `FunctionName`: the limit applies to the bare name).
pub const MAX_NAME: usize = 64;

/// The qualifier of the version that is being edited.
pub const LATEST: &str = "$LATEST";

const PATTERN: &str = r"Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

/// The bare name of a function: 1 to 64 letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionName(Arc<str>);

impl FunctionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FunctionName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if !is_name(text) {
            return Err(errors::validation(text, "functionName", PATTERN));
        }
        if text.len() > MAX_NAME {
            let rule = "Member must have length less than or equal to 64";
            return Err(errors::invalid_parameter(errors::violation(text, "functionName", rule)));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for FunctionName {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<FunctionName> for String {
    fn from(name: FunctionName) -> String {
        name.0.as_ref().to_owned()
    }
}

impl Borrow<str> for FunctionName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` has the form of a region in a partial ARN, such as `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (middle, last) = match parts[..] {
        [a, b, c] if a.len() == 2 => (b, c),
        [a, "gov" | "iso" | "isob" | "isoe" | "isof", b, c] if a.len() == 2 => (b, c),
        _ => return false,
    };
    let lower = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_lowercase());
    lower(parts[0]) && lower(middle) && last.len() == 1 && last.as_bytes()[0].is_ascii_digit()
}

/// Whether `text` could name an alias: letters, digits, `-` and `_`, and not a number.
pub(crate) fn is_alias(text: &str) -> bool {
    is_name(text) && !text.bytes().all(|b| b.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A function as a caller wrote it: a name, a partial ARN or a full one, perhaps with a qualifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionRef {
    region: Option<Region>,
    account: Option<AccountId>,
    name: String,
    qualifier: Option<String>,
}

/// A function in its account and region, and the version or alias that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The function's account.
    pub account: AccountId,
    /// The function's region.
    pub region: Region,
    /// The bare name, not yet known to belong to a function; perhaps too long to belong to one.
    pub name: String,
    /// What stood after the name or in the request's qualifier.
    pub qualifier: Option<String>,
}

impl FunctionRef {
    /// Parses `hello`, `hello:v1`, `123456789012:function:hello` and
    /// `arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST`.
    pub fn parse(text: &str) -> Result<Self> {
        Self::split(text).ok_or_else(|| errors::validation(text, "functionName", PATTERN))
    }

    fn split(text: &str) -> Option<Self> {
        let mut rest: Vec<&str> = text.split(':').collect();
        let mut parsed = Self { region: None, account: None, name: String::new(), qualifier: None };
        if rest[0] == "arn" {
            let [_, partition, "lambda", region, account, "function", ..] = rest[..] else { return None };
            if !partition.starts_with("aws") {
                return None;
            }
            parsed.region = Some(region.parse().ok()?);
            parsed.account = Some(account.parse().ok()?);
            rest.drain(..6);
        } else {
            if rest.len() > 1 && is_region(rest[0]) {
                parsed.region = Some(rest.remove(0).parse().ok()?);
            }
            if rest.len() > 1
                && let Ok(account) = rest[0].parse()
                && (parsed.region.is_some() || rest.len() > 2 || rest[1] == "function")
            {
                parsed.account = Some(account);
                rest.remove(0);
            }
            if rest.len() > 1 && rest[0] == "function" {
                rest.remove(0);
            }
        }
        let (name, qualifier) = match rest[..] {
            [name] => (name, None),
            [name, qualifier] => (name, Some(qualifier)),
            _ => return None,
        };
        if !is_name(name) || qualifier.is_some_and(|q| q != LATEST && !is_name(q)) {
            return None;
        }
        parsed.name = name.into();
        parsed.qualifier = qualifier.map(str::to_owned);
        Some(parsed)
    }

    /// The function meant, given who asks for what and the request's own `qualifier`.
    ///
    /// A function of another region is not found; one of another account is denied, for `action`.
    pub fn resolve(self, caller: &Caller, qualifier: Option<&str>, action: &str) -> Result<Target> {
        let target = self.locate(caller, qualifier)?;
        if target.account != caller.account {
            return Err(errors::access_denied(principal_arn(caller), action, target.unqualified_arn()));
        }
        Ok(target)
    }

    /// As [`Self::resolve`], of whatever account: for operations that its resource policy may allow.
    pub fn locate(self, caller: &Caller, qualifier: Option<&str>) -> Result<Target> {
        if let Some(region) = &self.region
            && *region != caller.region
        {
            return Err(errors::not_found(format!(
                "Functions from '{region}' are not reachable in this region ('{}')",
                caller.region
            )));
        }
        let qualifier = match (self.qualifier, qualifier.filter(|q| !q.is_empty())) {
            (Some(a), Some(b)) if a != b => {
                return Err(errors::invalid_parameter(
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            (Some(a), _) => Some(a),
            (None, b) => b.map(str::to_owned),
        };
        let account = self.account.unwrap_or_else(|| caller.account.clone());
        Ok(Target { account, region: caller.region.clone(), name: self.name, qualifier })
    }
}

impl Target {
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    pub fn unqualified_arn(&self) -> Arn {
        function_arn(&self.region, &self.account, &self.name)
    }

    /// The ARN with the qualifier, where one was asked for.
    pub fn arn(&self) -> Arn {
        let mut arn = self.unqualified_arn();
        if let Some(qualifier) = &self.qualifier {
            arn.resource = format!("{}:{qualifier}", arn.resource);
        }
        arn
    }

    /// The ARN with the qualifier, `$LATEST` where none was asked for.
    pub fn qualified_arn(&self) -> Arn {
        let mut arn = self.unqualified_arn();
        arn.resource = format!("{}:{}", arn.resource, self.qualifier.as_deref().unwrap_or(LATEST));
        arn
    }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
pub fn function_arn(region: &Region, account: &AccountId, name: impl fmt::Display) -> Arn {
    Arn::new("lambda", region, account, format!("function:{name}"))
}

/// The caller as AccessDenied texts name it.
pub(crate) fn principal_arn(caller: &Caller) -> String {
    match &caller.principal {
        Principal::Root => format!("arn:aws:iam::{}:root", caller.account),
        Principal::User { user } => user.to_string(),
        Principal::AssumedRole { role, session } => {
            let name = role.resource.rsplit('/').next().unwrap_or_default();
            format!("arn:aws:sts::{}:assumed-role/{name}/{session}", caller.account)
        }
        Principal::Service(name) => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tinderbox_base::{RequestId, SeededRandom};

    fn caller() -> Caller {
        Caller::root(AccountId::default(), Region::default(), RequestId::new(&SeededRandom::new(1)))
    }

    fn resolve(text: &str, qualifier: Option<&str>) -> Result<String, String> {
        FunctionRef::parse(text)
            .and_then(|r| r.resolve(&caller(), qualifier, "GetFunction"))
            .map(|t| t.arn().to_string().replace("arn:aws:lambda:us-east-1:123456789012:function:", ""))
            .map_err(|e| e.message().to_owned())
    }

    #[test]
    fn forms_of_a_name() {
        fn check(text: &str, qualifier: Option<&str>, expect: &str) {
            assert_eq!(resolve(text, qualifier).as_deref(), Ok(expect), "{text}");
        }
        check("hello", None, "hello");
        check("hello", Some(""), "hello");
        check("hello", Some("$LATEST"), "hello:$LATEST");
        check("hello:v1", None, "hello:v1");
        check("hello:v1", Some("v1"), "hello:v1");
        check("123456789012", None, "123456789012");
        check("123456789012:v1", None, "123456789012:v1");
        check("function:hello", None, "hello");
        check("function", None, "function");
        check("123456789012:function:hello", None, "hello");
        check("123456789012:function:hello:$LATEST", None, "hello:$LATEST");
        check("us-east-1:123456789012:function:hello", None, "hello");
        check("arn:aws:lambda:us-east-1:123456789012:function:hello", None, "hello");
        check("arn:aws:lambda:us-east-1:123456789012:function:hello:7", None, "hello:7");
        check(&"a".repeat(65), None, &"a".repeat(65));
    }

    #[test]
    fn what_is_no_name() {
        fn check(text: &str, expect: &str) {
            let error = resolve(text, None).expect_err(text);
            assert!(error.contains(expect), "{text}: {error}");
        }
        let pattern =
            "at 'functionName' failed to satisfy constraint: Member must satisfy regular expression";
        for text in [
            "",
            "*",
            "my-function!",
            "hello:invalid!",
            "a:b:c",
            "invalid-account:function:hello",
            "arn:aws:lambda:us-east-1:12:function:hello",
            "arn:aws:lambda::123456789012:function:hello",
            "arn:aws:ec2:us-east-1:123456789012:instance:i-1",
            "arn:aws:lambda:us-east-1:123456789012:function:hello:1:2",
            "arn:aws:lambda:us-east-1:123456789012:function:hello:$LATES",
            "arn:aws:lambda",
            "../etc/passwd",
            "hello/../x",
        ] {
            check(text, pattern);
        }
        check(
            "arn:aws:lambda:eu-west-1:123456789012:function:hello",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        );
        check(
            "arn:aws:lambda:us-east-1:000000000000:function:hello",
            "User: arn:aws:iam::123456789012:root is not authorized to perform: lambda:GetFunction on resource: \
             arn:aws:lambda:us-east-1:000000000000:function:hello",
        );
    }

    #[test]
    fn two_qualifiers_must_agree() {
        let error = resolve("hello:v1", Some("v2")).expect_err("they differ");
        assert_eq!(
            error,
            "The derived qualifier from the function name does not match the specified qualifier."
        );
    }

    #[test]
    fn a_new_functions_name_is_short() {
        let error = "a".repeat(65).parse::<FunctionName>().expect_err("65 letters");
        assert_eq!(error.code(), Some("InvalidParameterValueException"));
        assert!(error.message().ends_with("Member must have length less than or equal to 64"));
        assert!("a".repeat(64).parse::<FunctionName>().is_ok());
        assert!("a.b".parse::<FunctionName>().is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_its_arn_parses_again(text in "[a-z0-9:$_.-]{0,60}|\\PC{0,40}") {
            if let Ok(target) = FunctionRef::parse(&text).and_then(|r| r.resolve(&caller(), None, "X")) {
                let arn = target.arn().to_string();
                let again = FunctionRef::parse(&arn).and_then(|r| r.resolve(&caller(), None, "X"));
                prop_assert_eq!(again.ok(), Some(target));
            }
        }
    }
}
