//! Whether a text is a policy, and not too long.

use tinderbox_base::{
    Error, ErrorKind, Result,
    policy::{Policy, PolicyKind},
};

/// Characters of a trust policy without white space (IAM quotas: the default).
const MAX_TRUST: usize = 2048;
/// Characters of a managed policy without white space (IAM quotas).
const MAX_MANAGED: usize = 6144;

/// Checks a trust policy as `CreateRole` does.
///
/// # Errors
/// `MalformedPolicyDocumentException`, `LimitExceededException`.
pub(crate) fn check_trust(text: &str) -> Result<()> {
    check_length(text, MAX_TRUST, "ACLSizePerRole")?;
    check(text, PolicyKind::Trust)
}

/// Checks a managed policy as `CreatePolicy` does.
///
/// # Errors
/// `MalformedPolicyDocumentException`, `LimitExceededException`.
pub(crate) fn check_managed(text: &str) -> Result<()> {
    check_length(text, MAX_MANAGED, "PolicySize")?;
    check(text, PolicyKind::Identity)
}

/// Checks a policy of any length.
///
/// # Errors
/// `MalformedPolicyDocumentException`.
pub(crate) fn check(text: &str, kind: PolicyKind) -> Result<()> {
    let parsed = Policy::parse(text, kind);
    parsed.map(drop).map_err(|m| Error::invalid(m.to_string()).with_code("MalformedPolicyDocumentException"))
}

fn check_length(text: &str, most: usize, quota: &str) -> Result<()> {
    if visible(text) > most {
        return Err(Error::new(ErrorKind::Quota, format!("Cannot exceed quota for {quota}: {most}")));
    }
    Ok(())
}

/// Characters that are no white space, which IAM does not count.
pub(crate) fn visible(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_policies() {
        fn check(text: &str, expect: Option<&str>) {
            assert_eq!(check_trust(text).err().map(|e| e.to_string()).as_deref(), expect, "{text}");
        }
        let lambda = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
            "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        check(lambda, None);
        check("trust me", Some("This policy contains invalid Json"));
        check(
            r#"{"Statement":[{"Effect":"Allow","Action":"sts:x"}]}"#,
            Some("Missing required field Principal"),
        );
        let long = lambda.replace("sts:AssumeRole", &"x".repeat(2048));
        check(&long, Some("Cannot exceed quota for ACLSizePerRole: 2048"));
        check(&lambda.replace("\"Effect\"", &format!("{}\"Effect\"", " ".repeat(3000))), None);
    }
}
