//! Policies as they are held once parsed.

use super::{Condition, Context, pattern};
use std::fmt;

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The document's own id.
    pub id: Option<String>,
    /// Whether `${…}` stands for a value: since version 2012-10-17.
    pub variables: bool,
    /// Its statements, in their order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its id, unique in the document.
    pub sid: Option<String>,
    /// What it does to what it matches.
    pub effect: Effect,
    /// Whom it speaks of; only policies of resources name anyone.
    pub principals: Option<Match<Vec<Principals>>>,
    /// Which actions: `*`, `lambda:Invoke*`.
    pub actions: Match<Vec<String>>,
    /// Which resources; trust policies name none, they belong to theirs.
    pub resources: Option<Match<Vec<String>>>,
    /// What else must hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It forbids, whatever else allows.
    Deny,
}

/// An element, or its `Not…` form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<T> {
    /// What is listed.
    Only(T),
    /// Everything but what is listed.
    AllBut(T),
}

/// Principals of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// Anyone, signed or not: `"*"`, or `{"AWS": "*"}`.
    Everyone,
    /// Accounts, users, roles and sessions, as ARNs, or accounts as their numbers.
    Aws(Vec<String>),
    /// Services, such as `lambda.amazonaws.com`.
    Service(Vec<String>),
    /// Identity providers, or canonical users: nobody here is one.
    Other(Vec<String>),
}

impl<T> Match<T> {
    fn holds(&self, listed: impl FnOnce(&T) -> bool) -> bool {
        match self {
            Self::Only(items) => listed(items),
            Self::AllBut(items) => !listed(items),
        }
    }
}

impl Statement {
    /// Whether it speaks of this action. Actions have no case.
    pub(super) fn names_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.holds(|names| {
            names.iter().any(|name| pattern::glob(&pattern::literal(&name.to_ascii_lowercase()), &action))
        })
    }

    /// Whether it speaks of this resource, with `context` as the source of variables.
    pub(super) fn names_resource(&self, resource: &str, variables: bool, context: &Context) -> bool {
        let Some(resources) = &self.resources else { return true };
        resources.holds(|names| {
            names.iter().any(|name| {
                pattern::compile(name, variables, context).is_some_and(|p| pattern::arn(&p, resource))
            })
        })
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}
