//! Whether a text is a trust policy. What it allows is not looked at.

use serde_json::Value;
use tinderbox_base::{Error, ErrorKind, Result};

/// Characters of a trust policy without white space (IAM quotas: the default).
const MAX_CHARS: usize = 2048;

/// Checks a trust policy as `CreateRole` does.
///
/// # Errors
/// `MalformedPolicyDocumentException`, `LimitExceededException`.
pub(crate) fn check_trust(text: &str) -> Result<()> {
    let policy: Value =
        serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    if text.chars().filter(|c| !c.is_whitespace()).count() > MAX_CHARS {
        return Err(Error::new(
            ErrorKind::Quota,
            format!("Cannot exceed quota for ACLSizePerRole: {MAX_CHARS}"),
        ));
    }
    let Some(policy) = policy.as_object() else { return Err(malformed("Syntax errors in policy.")) };
    let one;
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement @ Value::Object(_)) => {
            one = [statement.clone()];
            &one[..]
        }
        _ => return Err(malformed("Syntax errors in policy.")),
    };
    if statements.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    statements.iter().try_for_each(check_statement)
}

fn check_statement(statement: &Value) -> Result<()> {
    let has = |key: &str| statement.get(key).is_some();
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(malformed(format!("Invalid effect: {other}"))),
        None => return Err(malformed("Missing required field Effect")),
    }
    if !has("Action") && !has("NotAction") {
        return Err(malformed("Missing required field Action"));
    }
    if has("Resource") || has("NotResource") {
        return Err(malformed("Has prohibited field Resource"));
    }
    if !has("Principal") && !has("NotPrincipal") {
        return Err(malformed("Missing required field Principal"));
    }
    Ok(())
}

fn malformed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid(message).with_code("MalformedPolicyDocumentException")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trust_policies() {
        fn check(text: &str, expect: Option<&str>) {
            assert_eq!(check_trust(text).err().map(|e| e.to_string()).as_deref(), expect, "{text}");
        }
        let lambda = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
            "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        check(lambda, None);
        check(r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}"#, None);
        check("trust me", Some("This policy contains invalid Json"));
        check("", Some("This policy contains invalid Json"));
        check("[]", Some("Syntax errors in policy."));
        check("{}", Some("Syntax errors in policy."));
        check(r#"{"Statement":[]}"#, Some("Syntax errors in policy."));
        check(r#"{"Statement":[1]}"#, Some("Missing required field Effect"));
        check(r#"{"Statement":[{"Effect":"Maybe"}]}"#, Some("Invalid effect: Maybe"));
        check(r#"{"Statement":[{"Effect":"Allow"}]}"#, Some("Missing required field Action"));
        check(r#"{"Statement":[{"Effect":"Allow","Action":"x"}]}"#, Some("Missing required field Principal"));
        check(
            r#"{"Statement":[{"Effect":"Allow","Action":"x","Principal":"*","Resource":"*"}]}"#,
            Some("Has prohibited field Resource"),
        );
        let long = lambda.replace("sts:AssumeRole", &"x".repeat(2048));
        check(&long, Some("Cannot exceed quota for ACLSizePerRole: 2048"));
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_or_refused(text in "\\PC{0,80}") {
            let _ = check_trust(&text);
        }
    }
}
