//! Policies of APIs: who may call, whatever the methods ask for besides.

use super::errors;
use serde_json::Value;
use tinderbox_base::{
    AccountId, Region, Result,
    policy::{Policy, PolicyKind},
};

/// The longest policy, in bytes (quotas: API Gateway resource policy size).
const MAX_BYTES: usize = 8_192;
/// What a resource of a policy begins with where the API is meant that has the policy.
const SHORT: &str = "execute-api:/";

/// A policy as it is kept for an API: what it says shortly is written out.
///
/// # Errors
/// It is none.
pub(super) fn kept(text: &str, region: &Region, account: &AccountId, api: &str) -> Result<String> {
    let bad = || {
        errors::bad(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        )
    };
    if text.len() > MAX_BYTES {
        return Err(errors::bad(format!("Resource policy must be at most {MAX_BYTES} bytes long")));
    }
    let mut document: Value = serde_json::from_str(text).map_err(|_| bad())?;
    let whole = format!("arn:aws:execute-api:{region}:{account}:{api}/");
    if let Some(statements) = document.get_mut("Statement") {
        for statement in each(statements) {
            for name in ["Resource", "NotResource"] {
                let resources = statement.get_mut(name).map(each);
                for resource in resources.into_iter().flatten() {
                    if let Some(rest) = resource.as_str().and_then(|text| text.strip_prefix(SHORT)) {
                        *resource = format!("{whole}{rest}").into();
                    }
                }
            }
        }
    }
    let text = document.to_string();
    Policy::parse(&text, PolicyKind::Resource).map_err(|_| bad())?;
    Ok(text)
}

/// One value, or all of a list.
fn each(value: &mut Value) -> &mut [Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_mut(value),
    }
}

/// The policy that was kept. It was checked; one that is none any more lets nobody in.
pub(super) fn parsed(text: &str) -> Policy {
    let none = |error| {
        tracing::error!(%error, "a policy of an API is none");
        Policy { id: None, variables: false, statements: Vec::new() }
    };
    Policy::parse(text, PolicyKind::Resource).unwrap_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept() {
        fn check(resource: &str, expect: &str) {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":{resource}}}}}"#
            );
            let kept = kept(&text, &Region::default(), &AccountId::default(), "abc").expect("a policy");
            let kept: Value = serde_json::from_str(&kept).expect("JSON");
            assert_eq!(kept["Statement"]["Resource"].to_string(), expect);
        }
        let arn = "arn:aws:execute-api:us-east-1:123456789012:abc";
        check(r#""execute-api:/*""#, &format!(r#""{arn}/*""#));
        check(r#"["execute-api:/test/GET/x","*"]"#, &format!(r#"["{arn}/test/GET/x","*"]"#));
    }

    #[test]
    fn what_is_none() {
        fn check(text: &str) {
            assert!(kept(text, &Region::default(), &AccountId::default(), "abc").is_err(), "{text}");
        }
        check("");
        check("{}");
        check(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#);
        check(&format!("{{{}}}", " ".repeat(9000)));
    }
}
