//! The IAM policy language: parsing it, and deciding by it.
//!
//! A [`Policy`] is parsed once from JSON and asked often. [`evaluate`] decides a [`Request`] over the policies that
//! apply to it, as AWS's page "Policy evaluation logic" describes, and its [`Decision`] names the statement
//! that decided. This module knows no service: which action a request is, and what its resource is called, comes in
//! with it.
//!
//! # What is assumed about AWS
//!
//! - A resource policy that grants `*` to everyone grants it to a user directly, and to a role's session as it would
//!   to the role: a permissions boundary or a session policy still limits it.
//! - A variable without a value makes the element that names it match nothing.
//! - A condition whose value is not of its operator's kind (a number that is none) matches nothing, and neither does
//!   its negation.

mod condition;
mod context;
mod decision;
mod document;
mod evaluate;
#[cfg(test)]
mod fuzz;
mod operand;
mod operator;
mod parse;
mod pattern;
mod principal;
mod subject;

pub use condition::Condition;
pub use context::{Context, RequestKeys};
pub use decision::{Decision, Denial, Matched, Source};
pub use document::{Effect, Match, Policy, Principals, Statement};
pub use evaluate::{Applied, Named, Policies, Request, evaluate};
pub use operator::Operator;
pub use parse::{MalformedPolicy, PolicyKind};
pub use subject::{Subject, SubjectKind};
