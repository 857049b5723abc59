//! Deciding who may call an API: by its own policy, and by what authorizers answer.

use serde_json::Value;
use tinderbox_base::{
    AccountId,
    policy::{
        Applied, Context, Decision, Denial, MalformedPolicy, Named, Policies, Policy, PolicyKind, Request,
        Source, Subject, evaluate,
    },
};

/// What calling an API is called in policies.
pub(crate) const ACTION: &str = "execute-api:Invoke";

/// A call of an API, by somebody who did not sign it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// What is called: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`.
    pub(crate) arn: &'a str,
    /// Whose it is.
    pub(crate) owner: &'a AccountId,
    /// What is known of the request.
    pub(crate) context: &'a Context,
}

/// The policy that an authorizer answered with.
pub(crate) fn answered(document: &Value) -> Result<Policy, MalformedPolicy> {
    Policy::parse(&document.to_string(), PolicyKind::Answer)
}

/// What an authorizer's policy and the API's own say together to a call: either may allow it, and either may deny it.
pub(crate) fn judge(asked: Asked<'_>, answered: Option<&Policy>, own: Option<&Policy>) -> Decision {
    let named = |policy| Named { name: "", policy };
    let (identity, resource) = (answered.map(named), own.map(named));
    let policies = Policies {
        identity: identity.as_slice(),
        resource: Some(Applied { source: Source::Resource, policies: resource.as_slice() }),
        ..Policies::default()
    };
    let subject = Subject::anonymous(asked.owner);
    let request = Request {
        subject: &subject,
        action: ACTION,
        resource: asked.arn,
        owner: asked.owner,
        context: asked.context,
    };
    evaluate(&request, &policies)
}

/// Whether a statement forbids it, rather than none allowing it.
pub(crate) fn is_explicit(denial: &Denial) -> bool {
    matches!(denial, Denial::Explicit(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/lab3/GET/pets/7";

    /// `+` allowed, `-` denied by a statement, `?` by none.
    fn told(answered: Option<&Policy>, own: Option<&Policy>) -> char {
        let context = Context::new().with("aws:SourceIp", "10.1.2.3");
        let asked = Asked { arn: ARN, owner: &AccountId::default(), context: &context };
        match judge(asked, answered, own) {
            Decision::Allowed(_) => '+',
            Decision::Denied(Denial::Explicit(_)) => '-',
            Decision::Denied(Denial::Implicit(_)) => '?',
        }
    }

    fn policy(statements: &str) -> Policy {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        answered(&serde_json::from_str(&text).expect("JSON")).expect("a policy")
    }

    #[test]
    fn answers_of_authorizers() {
        fn check(statements: &str, expect: char) {
            assert_eq!(told(Some(&policy(statements)), None), expect, "{statements}");
        }
        let allow = format!(r#"{{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"{ARN}"}}"#);
        check(&allow, '+');
        check(&format!("[{allow}]"), '+');
        check(
            r#"[{"Effect":"Allow","Action":"execute-api:*","Resource":["x","arn:aws:execute-api:*:*:abc/lab3/*"]}]"#,
            '+',
        );
        check(r#"[{"Effect":"Allow","Action":"*","Resource":"*/POST/*"}]"#, '?');
        check(r#"[{"Effect":"Allow","Action":"*","Resource":"*/GET/*"}]"#, '+');
        check(&format!(r#"[{allow},{{"Effect":"Deny","Action":"EXECUTE-API:invoke","Resource":"*"}}]"#), '-');
        check(r#"[{"Effect":"Allow","Action":"*","NotResource":"*/POST/*"}]"#, '+');
        let from = |ip: &str| {
            format!(
                r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"IpAddress":{{"aws:SourceIp":"{ip}"}}}}}}"#
            )
        };
        check(&from("1.2.3.4"), '?');
        check(&from("10.0.0.0/8"), '+');
        check("[]", '?');
    }

    /// Table A of "How API Gateway resource policies affect authorization workflow".
    #[test]
    fn an_authorizer_and_a_policy_together() {
        fn check(authorizer: char, own: char, expect: char) {
            let of = |kind: char, principal: &str| {
                let effect = if kind == '-' { "Deny" } else { "Allow" };
                let action = if kind == '?' { "other:Invoke" } else { ACTION };
                let text = format!(
                    r#"{{"Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"*"{principal}}}]}}"#
                );
                let kind = if principal.is_empty() { PolicyKind::Answer } else { PolicyKind::Resource };
                Policy::parse(&text, kind).expect("a policy")
            };
            let (authorizer, own) = (of(authorizer, ""), of(own, r#","Principal":"*""#));
            assert_eq!(told(Some(&authorizer), Some(&own)), expect);
        }
        check('+', '+', '+');
        check('+', '?', '+');
        check('+', '-', '-');
        check('?', '+', '+');
        check('?', '?', '?');
        check('?', '-', '-');
        check('-', '+', '-');
        check('-', '?', '-');
        check('-', '-', '-');
    }
}
