//! Resource policies: who else may invoke a function, version or alias.

use serde::{Deserialize, Serialize};
use std::fmt::Display;
use tinderbox_base::{Arn, Caller, Principal};

/// Most bytes of a policy as JSON (Lambda quotas: resource-based policy, 20 KB).
pub const MAX_POLICY: usize = 20_480;

/// The statements of one function, version or alias, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its name, unique within the policy.
    pub sid: String,
    /// What may be done, such as `lambda:InvokeFunction`, `lambda:*` or `*`.
    pub action: String,
    /// Who may.
    pub principal: PolicyPrincipal,
    /// Only on behalf of resources whose ARN is like this one.
    #[serde(default)]
    pub source_arn: Option<String>,
    /// Only on behalf of resources of this account.
    #[serde(default)]
    pub source_account: Option<String>,
    /// Only with this token, which Alexa sends.
    #[serde(default)]
    pub event_source_token: Option<String>,
    /// Only from accounts of this organisation.
    #[serde(default)]
    pub principal_org_id: Option<String>,
    /// Only through a function URL with this kind of authorisation.
    #[serde(default)]
    pub function_url_auth_type: Option<String>,
    /// Only through a function URL, or only otherwise.
    #[serde(default)]
    pub invoked_via_function_url: Option<bool>,
}

/// Whom a statement means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyPrincipal {
    /// A service, such as `apigateway.amazonaws.com`.
    Service(String),
    /// An account's root, which stands for the account, or one of its identities, by ARN.
    Aws(String),
    /// Anybody.
    Everyone,
}

/// What is to be judged: who wants what, and how they came.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// What, such as `lambda:InvokeFunction`.
    pub action: &'a str,
    /// The kind of authorisation of the function URL that was called, if one was.
    pub function_url: Option<&'a str>,
}

impl PolicyPrincipal {
    /// Reads a service's name, an account's number, an identity's ARN or `*`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        // Alexa's services are below amazon.com, all others below amazonaws.com, or its Chinese twin.
        if [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"].iter().any(|end| text.ends_with(end)) {
            return Some(Self::Service(text.into()));
        }
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Aws(format!("arn:aws:iam::{text}:root")));
        }
        let arn: Arn = text.parse().ok()?;
        (matches!(arn.service.as_str(), "iam" | "sts") && arn.account.is_some())
            .then(|| Self::Aws(text.into()))
    }

    fn matches(&self, caller: &Caller) -> bool {
        let of_account = |arn: &str| arn == format!("arn:aws:iam::{}:root", caller.account);
        match (self, &caller.principal) {
            (Self::Everyone, _) => true,
            (Self::Service(name), Principal::Service(caller)) => name == caller,
            (Self::Aws(arn), Principal::Root) => of_account(arn),
            (Self::Aws(arn), Principal::AssumedRole { role, .. }) => {
                of_account(arn) || *arn == role.to_string()
            }
            (Self::Aws(arn), Principal::User { user }) => of_account(arn) || *arn == user.to_string(),
            (Self::Service(_), Principal::Root | Principal::User { .. } | Principal::AssumedRole { .. })
            | (Self::Aws(_), Principal::Service(_)) => false,
        }
    }
}

impl Statement {
    /// The statement as JSON, for `resource`: members in the order in which AWS writes them.
    pub fn render(&self, resource: impl Display) -> String {
        // Texts and a few levels of objects: nothing that cannot be written as JSON.
        serde_json::to_string(&self.shown(&resource.to_string())).unwrap_or_default()
    }

    fn shown<'a>(&'a self, resource: &'a str) -> shown::Statement<'a> {
        let string_equals = shown::StringEquals {
            source_account: self.source_account.as_deref(),
            function_url_auth_type: self.function_url_auth_type.as_deref(),
            principal_org_id: self.principal_org_id.as_deref(),
            event_source_token: self.event_source_token.as_deref(),
        };
        let condition = shown::Condition {
            string_equals: Some(string_equals).filter(|e| *e != shown::StringEquals::default()),
            arn_like: self.source_arn.as_deref().map(|source_arn| shown::ArnLike { source_arn }),
            bool: self.invoked_via_function_url.map(|via| shown::Bool { via: via.to_string() }),
        };
        shown::Statement {
            sid: &self.sid,
            effect: "Allow",
            principal: match &self.principal {
                PolicyPrincipal::Service(service) => shown::Principal::Service { service },
                PolicyPrincipal::Aws(aws) => shown::Principal::Aws { aws },
                PolicyPrincipal::Everyone => shown::Principal::Everyone("*"),
            },
            action: &self.action,
            resource,
            condition: Some(condition).filter(|c| *c != shown::Condition::default()),
        }
    }

    fn allows(&self, access: &Access<'_>) -> bool {
        let Access { caller, action, function_url } = *access;
        let same = |demanded: &Option<String>, given: Option<&str>| {
            demanded.as_deref().is_none_or(|demanded| given == Some(demanded))
        };
        let account = caller.source_account.as_ref().map(|a| a.as_str());
        (self.action == action || matches!(self.action.as_str(), "*" | "lambda:*"))
            && self.principal.matches(caller)
            && same(&self.source_account, account)
            && self.source_arn.as_deref().is_none_or(|pattern| {
                caller.source_arn.as_ref().is_some_and(|arn| arn_like(pattern, &arn.to_string()))
            })
            && same(&self.function_url_auth_type, function_url)
            && self.invoked_via_function_url.is_none_or(|via| via == function_url.is_some())
            // Nobody here has an organisation or sends a token, so who demands one demands in vain.
            && self.principal_org_id.is_none()
            && self.event_source_token.is_none()
    }
}

impl Policy {
    /// The policy as JSON, for `resource`.
    pub fn render(&self, resource: impl Display) -> String {
        let resource = resource.to_string();
        let statement = self.statements.iter().map(|s| s.shown(&resource)).collect();
        let shown = shown::Policy { version: "2012-10-17", id: "default", statement };
        serde_json::to_string(&shown).unwrap_or_default()
    }

    /// Whether a statement allows `access`. There are none that deny.
    pub fn allows(&self, access: &Access<'_>) -> bool {
        self.statements.iter().any(|statement| statement.allows(access))
    }
}

/// Whether `arn` is like `pattern`: each of the six parts by itself, `*` for any text, `?` for one character
/// (IAM user guide, "Amazon Resource Name (ARN) condition operators").
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    loop {
        match (patterns.next(), parts.next()) {
            (Some(pattern), Some(part)) if like(pattern.as_bytes(), part.as_bytes()) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// Whether `text` is like `pattern`, in time proportional to both lengths multiplied, whatever they are.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how far the text had come then.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

mod shown;
#[cfg(test)]
mod tests;
