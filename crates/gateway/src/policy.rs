//! The policies that authorizers answer with.

use serde::Deserialize;

/// What calling an API is called in policies.
const ACTION: &str = "execute-api:Invoke";
/// Statements of one policy that are read; more make it none.
const MAX_STATEMENTS: usize = 1_000;

/// A policy document.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    statement: OneOrMany<Statement>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    #[serde(default)]
    action: Option<OneOrMany<String>>,
    #[serde(default)]
    not_action: Option<OneOrMany<String>>,
    #[serde(default)]
    resource: Option<OneOrMany<String>>,
    #[serde(default)]
    not_resource: Option<OneOrMany<String>>,
    #[serde(default)]
    condition: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What a policy says to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// Nothing allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

impl Policy {
    /// Whether it can be a policy at all.
    pub(crate) fn is_sound(&self) -> bool {
        self.statement.as_slice().len() <= MAX_STATEMENTS
    }

    /// What it says to calling `arn`, `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`.
    pub(crate) fn judge(&self, arn: &str) -> Verdict {
        let mut verdict = Verdict::NotAllowed;
        for statement in self.statement.as_slice().iter().filter(|statement| statement.covers(arn)) {
            // Conditions are not evaluated: what they limit is not allowed, and what they deny is denied.
            match (statement.effect, statement.condition.as_ref().is_some_and(|c| !c.is_empty())) {
                (Effect::Deny, _) => return Verdict::Denied,
                (Effect::Allow, false) => verdict = Verdict::Allowed,
                (Effect::Allow, true) => {}
            }
        }
        verdict
    }
}

impl Statement {
    fn covers(&self, arn: &str) -> bool {
        let any = |patterns: &OneOrMany<String>, text: &str, fold: bool| {
            patterns.as_slice().iter().any(|pattern| {
                if fold {
                    matches(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
                } else {
                    matches(pattern, text)
                }
            })
        };
        let listed = |own: &Option<_>, other: &Option<_>, text: &str, fold: bool| match (own, other) {
            (Some(own), _) => any(own, text, fold),
            (None, Some(other)) => !any(other, text, fold),
            (None, None) => false,
        };
        listed(&self.action, &self.not_action, ACTION, true)
            && listed(&self.resource, &self.not_resource, arn, false)
    }
}

/// Whether `text` is of the form `pattern`, in which `*` is any text and `?` any character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when what followed the last star does not fit.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(byte) if *byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/lab3/GET/pets/7";

    #[test]
    fn verdicts() {
        fn check(statements: &str, expect: Verdict) {
            let policy: Policy =
                serde_json::from_str(&format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#))
                    .expect("a policy");
            assert_eq!(policy.judge(ARN), expect, "{statements}");
        }
        let allow = format!(r#"{{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"{ARN}"}}"#);
        check(&allow, Verdict::Allowed);
        check(&format!("[{allow}]"), Verdict::Allowed);
        check(
            r#"[{"Effect":"Allow","Action":"execute-api:*","Resource":["x","arn:aws:execute-api:*:*:abc/lab3/*"]}]"#,
            Verdict::Allowed,
        );
        check(r#"[{"Effect":"Allow","Action":"*","Resource":"*/POST/*"}]"#, Verdict::NotAllowed);
        check(
            &format!(r#"[{allow},{{"Effect":"Deny","Action":"EXECUTE-API:invoke","Resource":"*"}}]"#),
            Verdict::Denied,
        );
        check(r#"[{"Effect":"Allow","Action":"*","NotResource":"*/POST/*"}]"#, Verdict::Allowed);
        check(
            r#"[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"1.2.3.4"}}}]"#,
            Verdict::NotAllowed,
        );
        check("[]", Verdict::NotAllowed);
    }

    #[test]
    fn patterns() {
        fn check(pattern: &str, text: &str, expect: bool) {
            assert_eq!(matches(pattern, text), expect, "{pattern} {text}");
        }
        check("*", "", true);
        check("a*c", "abbc", true);
        check("a*c", "abbcd", false);
        check("*b*b*", "abab", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
    }

    proptest! {
        #[test]
        fn patterns_agree_with_regular_expressions(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let regex = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            let expect = regex::Regex::new(&regex).expect("valid").is_match(&text);
            prop_assert_eq!(matches(&pattern, &text), expect);
        }
    }
}
