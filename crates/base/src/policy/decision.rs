//! What was decided, and why, in AWS's words.

use super::{Subject, subject::SubjectKind};
use std::fmt;

/// Whether a request may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may; the statement that allows it, or none where the caller needs none: the account itself.
    Allowed(Option<Matched>),
    /// It may not.
    Denied(Denial),
}

/// A statement that applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The kind of policy it is in.
    pub source: Source,
    /// The policy's name or ARN.
    pub policy: String,
    /// The statement's id, or its place in the policy, such as `#1`.
    pub statement: String,
}

/// The kinds of policies, by what they are attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A user or a role.
    Identity,
    /// The resource.
    Resource,
    /// The role that is to be assumed.
    Trust,
    /// A permissions boundary of a user or role.
    Boundary,
    /// A session.
    Session,
}

/// Why a request may not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// A statement forbids it.
    Explicit(Matched),
    /// No policy of this kind allows it, and one would have to.
    Implicit(Source),
}

impl Decision {
    /// Whether it may go on.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// The statement that decided, if one did.
    pub fn statement(&self) -> Option<&Matched> {
        match self {
            Self::Allowed(matched) => matched.as_ref(),
            Self::Denied(Denial::Explicit(matched)) => Some(matched),
            Self::Denied(Denial::Implicit(_)) => None,
        }
    }
}

impl Denial {
    /// The message of the error, as in "Troubleshoot access denied error messages" of the IAM guide.
    pub fn message(&self, subject: &Subject, action: &str, resource: &str) -> String {
        let who = match subject.kind {
            SubjectKind::Service(_) => "Service",
            _ => "User",
        };
        let on = if resource == "*" { String::new() } else { format!(" on resource: {resource}") };
        let why = match self {
            Self::Explicit(matched) => match matched.source {
                Source::Identity => "with an explicit deny in an identity-based policy".to_owned(),
                Source::Resource => "with an explicit deny in a resource-based policy".to_owned(),
                Source::Trust => "with an explicit deny in the role trust policy".to_owned(),
                Source::Boundary => "with an explicit deny in a permissions boundary".to_owned(),
                Source::Session => "with an explicit deny in a session policy".to_owned(),
            },
            Self::Implicit(source) => format!("because no {source} allows the {action} action"),
        };
        format!("{who}: {} is not authorized to perform: {action}{on} {why}", subject.name())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        })
    }
}

impl fmt::Display for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, statement {}", self.source, self.policy, self.statement)
    }
}
