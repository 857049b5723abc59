//! From JSON to a policy, with what IAM says of one that is none.

use super::{Condition, Effect, Match, Policy, Principals, Statement};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Statements of one policy at most. No document that fits IAM's or Lambda's limits (20 KB) holds as many.
const MAX_STATEMENTS: usize = 1000;

/// What a policy is attached to, which decides what its statements must and must not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A user's, a role's or a session's: it names resources and no principals.
    Identity,
    /// A resource's: it names principals, and perhaps resources.
    Resource,
    /// A role's trust: it names principals and no resources.
    Trust,
    /// What an authorizer answers, by which functions say what may be called: what an identity's is, not as strictly.
    /// Its resources are of any form, and it may say nothing at all.
    Answer,
}

/// The text is no policy; the message is IAM's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedPolicy(Cow<'static, str>);

type Result<T> = std::result::Result<T, MalformedPolicy>;

const SYNTAX: &str = "Syntax errors in policy.";

fn malformed<T>(message: impl Into<Cow<'static, str>>) -> Result<T> {
    Err(MalformedPolicy(message.into()))
}

impl Policy {
    /// Parses a policy of `kind`.
    ///
    /// # Errors
    /// The text is no such policy.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self> {
        let Ok(document) = serde_json::from_str::<Value>(text) else {
            return malformed("This policy contains invalid Json");
        };
        let Some(document) = document.as_object() else { return malformed(SYNTAX) };
        if document.keys().any(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
            return malformed(SYNTAX);
        }
        let variables = match document.get("Version").map(Value::as_str) {
            Some(Some("2012-10-17")) => true,
            Some(Some("2008-10-17")) | None => false,
            Some(_) => return malformed(SYNTAX),
        };
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return malformed(SYNTAX),
        };
        let silent = statements.is_empty() && kind != PolicyKind::Answer;
        if silent || statements.len() > MAX_STATEMENTS {
            return malformed(SYNTAX);
        }
        let statements: Vec<_> = statements.into_iter().map(|s| statement(s, kind)).collect::<Result<_>>()?;
        let mut sids: Vec<_> = statements.iter().filter_map(|s| s.sid.as_deref()).collect();
        sids.sort_unstable();
        if sids.windows(2).any(|pair| pair[0] == pair[1]) {
            return malformed("Statement IDs (SID) in a single policy must be unique.");
        }
        let id = optional_text(document, "Id")?;
        Ok(Self { id, variables, statements })
    }
}

fn statement(value: &Value, kind: PolicyKind) -> Result<Statement> {
    // What is no object has no field, and the first one that is missed is told.
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let effect = match fields.get("Effect") {
        Some(Value::String(text)) if text == "Allow" => Effect::Allow,
        Some(Value::String(text)) if text == "Deny" => Effect::Deny,
        Some(Value::String(other)) => return malformed(format!("Invalid effect: {other}")),
        _ => return malformed("Missing required field Effect"),
    };
    let known = |key: &str| {
        matches!(key, "Sid" | "Effect" | "Principal" | "NotPrincipal" | "Action")
            || matches!(key, "NotAction" | "Resource" | "NotResource" | "Condition")
    };
    if fields.keys().any(|key| !known(key)) {
        return malformed(SYNTAX);
    }
    let Some(actions) = either(fields, "Action", "NotAction", texts)? else {
        return malformed(match kind {
            PolicyKind::Identity | PolicyKind::Answer => "Policy statement must contain actions.",
            PolicyKind::Resource | PolicyKind::Trust => "Missing required field Action",
        });
    };
    listed(&actions).iter().try_for_each(|action| check_action(action))?;
    let resources = either(fields, "Resource", "NotResource", texts)?;
    let principals = either(fields, "Principal", "NotPrincipal", principals)?;
    match (kind, &resources, &principals) {
        (PolicyKind::Identity | PolicyKind::Answer, None, _) => {
            return malformed("Policy statement must contain resources.");
        }
        (PolicyKind::Identity, _, Some(_)) => {
            return malformed("Policy document should not specify a principal.");
        }
        (PolicyKind::Trust, Some(_), _) => return malformed("Has prohibited field Resource"),
        (PolicyKind::Resource | PolicyKind::Trust, _, None) => {
            return malformed("Missing required field Principal");
        }
        _ => {}
    }
    if let Some(resources) = resources.as_ref().filter(|_| kind != PolicyKind::Answer) {
        listed(resources).iter().try_for_each(|resource| check_resource(resource))?;
    }
    Ok(Statement {
        sid: optional_text(fields, "Sid")?.filter(|sid| !sid.is_empty()),
        effect,
        principals,
        actions,
        resources,
        conditions: conditions(fields.get("Condition"))?,
    })
}

/// The element called `name`, or its negation called `not`; never both.
fn either<T>(
    fields: &Map<String, Value>,
    name: &str,
    not: &str,
    parse: impl Fn(&Value) -> Result<T>,
) -> Result<Option<Match<T>>> {
    match (fields.get(name), fields.get(not)) {
        (Some(_), Some(_)) => malformed(SYNTAX),
        (Some(value), None) => parse(value).map(|items| Some(Match::Only(items))),
        (None, Some(value)) => parse(value).map(|items| Some(Match::AllBut(items))),
        (None, None) => Ok(None),
    }
}

fn listed<T>(element: &Match<T>) -> &T {
    match element {
        Match::Only(items) | Match::AllBut(items) => items,
    }
}

/// A string or a list of strings, of which there must be one.
fn texts(value: &Value) -> Result<Vec<String>> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(items) if !items.is_empty() => {
            let text = |item: &Value| item.as_str().map(str::to_owned);
            items.iter().map(text).collect::<Option<_>>().map_or_else(|| malformed(SYNTAX), Ok)
        }
        _ => malformed(SYNTAX),
    }
}

fn principals(value: &Value) -> Result<Vec<Principals>> {
    let kinds = match value {
        Value::String(all) if all == "*" => return Ok(vec![Principals::Everyone]),
        Value::Object(kinds) if !kinds.is_empty() => kinds,
        other => return malformed(format!("Invalid principal in policy: {other}")),
    };
    let mut found = Vec::new();
    for (kind, names) in kinds {
        let names = texts(names)?;
        match kind.as_str() {
            "AWS" => {
                let (all, names): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name == "*");
                found.extend(all.first().map(|_| Principals::Everyone));
                if let Some(bad) = names.iter().find(|name| !is_principal(name)) {
                    return malformed(format!("Invalid principal in policy: \"AWS\":\"{bad}\""));
                }
                if !names.is_empty() {
                    found.push(Principals::Aws(names));
                }
            }
            "Service" => found.push(Principals::Service(names)),
            "Federated" | "CanonicalUser" => found.push(Principals::Other(names)),
            other => return malformed(format!("Invalid principal in policy: \"{other}\"")),
        }
    }
    Ok(found)
}

fn is_principal(name: &str) -> bool {
    let account = name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit());
    account || name.starts_with("arn:") && !name.contains('*')
}

fn check_action(action: &str) -> Result<()> {
    let Some((vendor, name)) = action.split_once(':') else {
        return match action {
            "*" => Ok(()),
            _ => malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        };
    };
    let of_vendor = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '*' || c == '?';
    if vendor.is_empty() || !vendor.chars().all(of_vendor) {
        return malformed(format!("Vendor {vendor} is not valid"));
    }
    if name.is_empty() || name.contains(':') {
        return malformed("Actions/Condition can contain only one colon.");
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<()> {
    if resource == "*" || resource.starts_with("arn:") || resource.starts_with("${") {
        return Ok(());
    }
    malformed(format!("Resource {resource} must be in ARN format or \"*\"."))
}

fn conditions(value: Option<&Value>) -> Result<Vec<Condition>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let Some(operators) = value.as_object() else { return malformed(SYNTAX) };
    let mut found = Vec::new();
    for (name, keys) in operators {
        let Ok(operator) = name.parse() else { return malformed(format!("Invalid Condition type : {name}")) };
        let Some(keys) = keys.as_object() else { return malformed(SYNTAX) };
        for (key, values) in keys {
            found.push(Condition { operator, key: key.clone(), values: scalars(values)? });
        }
    }
    Ok(found)
}

/// Values may be strings, numbers and truths, or a list of them.
fn scalars(value: &Value) -> Result<Vec<String>> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => malformed(SYNTAX),
    };
    match value {
        Value::Array(values) => values.iter().map(scalar).collect(),
        value => scalar(value).map(|value| vec![value]),
    }
}

fn optional_text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => malformed(SYNTAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_a_policy() {
        fn check(kind: PolicyKind, text: &str, expect: Option<&str>) {
            let found = Policy::parse(text, kind).err().map(|e| e.to_string());
            assert_eq!(found.as_deref(), expect, "{text}");
        }
        let identity = |text: &str, expect| check(PolicyKind::Identity, text, expect);
        identity(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#, None);
        identity(
            r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Deny","NotAction":["s3:*","iam:Get*"],
               "NotResource":["arn:aws:s3:::b"],"Condition":{"Bool":{"aws:SecureTransport":false},
               "NumericLessThan":{"s3:max-keys":[10,"20"]}}}]}"#,
            None,
        );
        let answer = |text: &str, expect| check(PolicyKind::Answer, text, expect);
        answer(r#"{"Statement":[]}"#, None);
        answer(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*/GET/*"}}"#, None);
        answer(
            r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#,
            Some("Policy statement must contain resources."),
        );
        identity("", Some("This policy contains invalid Json"));
        identity("[]", Some(SYNTAX));
        identity(r#"{"Statement":[]}"#, Some(SYNTAX));
        identity(r#"{"Version":"2026-01-31","Statement":[]}"#, Some(SYNTAX));
        identity(r#"{"Statements":[]}"#, Some(SYNTAX));
        identity(r#"{"Statement":[1]}"#, Some("Missing required field Effect"));
        let of = |rest: &str| format!(r#"{{"Statement":{{"Effect":"Allow",{rest}}}}}"#);
        identity(&of(r#""Resource":"*""#), Some("Policy statement must contain actions."));
        identity(&of(r#""Action":"s3:Get""#), Some("Policy statement must contain resources."));
        identity(&of(r#""Action":[],"Resource":"*""#), Some(SYNTAX));
        identity(&of(r#""Action":"s3:Get","NotAction":"*","Resource":"*""#), Some(SYNTAX));
        identity(&of(r#""Action":"*","Resource":"*","Extra":1"#), Some(SYNTAX));
        identity(
            &of(r#""Action":"get","Resource":"*""#),
            Some("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        );
        identity(&of(r#""Action":"s 3:x","Resource":"*""#), Some("Vendor s 3 is not valid"));
        identity(
            &of(r#""Action":"s3:x:y","Resource":"*""#),
            Some("Actions/Condition can contain only one colon."),
        );
        identity(
            &of(r#""Action":"*","Resource":"bucket""#),
            Some(r#"Resource bucket must be in ARN format or "*"."#),
        );
        identity(
            &of(r#""Action":"*","Resource":"*","Principal":"*""#),
            Some("Policy document should not specify a principal."),
        );
        identity(
            &of(r#""Action":"*","Resource":"*","Condition":{"Like":{}}"#),
            Some("Invalid Condition type : Like"),
        );
        identity(
            r#"{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},
                {"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}"#,
            Some("Statement IDs (SID) in a single policy must be unique."),
        );
        let trust = |text: &str, expect| check(PolicyKind::Trust, text, expect);
        trust(&of(r#""Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole""#), None);
        trust(&of(r#""Principal":{"AWS":["123456789012","*"]},"Action":"sts:AssumeRole""#), None);
        trust(
            &of(r#""Principal":"*","Action":"sts:AssumeRole","Resource":"*""#),
            Some("Has prohibited field Resource"),
        );
        trust(&of(r#""Action":"sts:AssumeRole""#), Some("Missing required field Principal"));
        trust(&of(r#""Principal":"me","Action":"*""#), Some(r#"Invalid principal in policy: "me""#));
        trust(
            &of(r#""Principal":{"AWS":"anna"},"Action":"*""#),
            Some(r#"Invalid principal in policy: "AWS":"anna""#),
        );
        trust(&of(r#""Principal":{"Who":"x"},"Action":"*""#), Some(r#"Invalid principal in policy: "Who""#));
        let of_resource = of(r#""Principal":"*","Action":"lambda:InvokeFunction","Resource":"*""#);
        check(PolicyKind::Resource, &of_resource, None);
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_or_refused(text in "\\PC{0,80}") {
            let _ = Policy::parse(&text, PolicyKind::Resource);
        }

        #[test]
        fn any_elements_are_accepted_or_refused(
            key in prop::sample::select(vec!["Principal", "Action", "Resource", "Condition", "Sid", "NotAction"]),
            value in prop::sample::select(vec!["1", "null", "[]", "{}", "\"*\"", "[1]", "{\"AWS\":1}", "{\"Bool\":{\"k\":[{}]}}"]),
        ) {
            let text = format!(r#"{{"Statement":{{"Effect":"Allow","{key}":{value}}}}}"#);
            let _ = Policy::parse(&text, PolicyKind::Identity);
        }
    }
}
