//! STS's actions. Everyone may ask who it is, and take a session of its own.

use super::rule::{Resource, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::new("AssumeRole", "sts:AssumeRole", Resource::Given("RoleArn")),
    Rule::new("GetAccessKeyInfo", "sts:GetAccessKeyInfo", Resource::Any),
    Rule::free("GetCallerIdentity"),
    Rule::free("GetSessionToken"),
];
