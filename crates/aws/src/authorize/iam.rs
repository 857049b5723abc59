//! IAM's actions, and the ARNs of users, roles and policies.

use super::{
    own,
    rule::{Resource, Rule},
};
use tinderbox_base::{Error, ErrorKind};
use tinderbox_identity::Identity;
use tinderbox_wire::Call;

const USER: Resource = Resource::User("UserName");
const ROLE: Resource = Resource::Role("RoleName");
const POLICY: Resource = Resource::Given("PolicyArn");

pub(super) const RULES: &[Rule] = &[
    Rule::new("AttachRolePolicy", "iam:AttachRolePolicy", ROLE),
    Rule::new("AttachUserPolicy", "iam:AttachUserPolicy", USER),
    Rule::new("CreateAccessKey", "iam:CreateAccessKey", USER),
    Rule::new("CreatePolicy", "iam:CreatePolicy", Resource::New("policy", "PolicyName")),
    Rule::new("CreateRole", "iam:CreateRole", Resource::New("role", "RoleName")),
    Rule::new("CreateUser", "iam:CreateUser", Resource::New("user", "UserName")),
    Rule::new("DeleteAccessKey", "iam:DeleteAccessKey", USER),
    Rule::new("DeletePolicy", "iam:DeletePolicy", POLICY),
    Rule::new("DeleteRole", "iam:DeleteRole", ROLE),
    Rule::new("DeleteRolePolicy", "iam:DeleteRolePolicy", ROLE),
    Rule::new("DeleteUser", "iam:DeleteUser", USER),
    Rule::new("DeleteUserPolicy", "iam:DeleteUserPolicy", USER),
    Rule::new("DetachRolePolicy", "iam:DetachRolePolicy", ROLE),
    Rule::new("DetachUserPolicy", "iam:DetachUserPolicy", USER),
    Rule::new("GetPolicy", "iam:GetPolicy", POLICY),
    Rule::new("GetPolicyVersion", "iam:GetPolicyVersion", POLICY),
    Rule::new("GetRole", "iam:GetRole", ROLE),
    Rule::new("GetRolePolicy", "iam:GetRolePolicy", ROLE),
    Rule::new("GetUser", "iam:GetUser", USER),
    Rule::new("GetUserPolicy", "iam:GetUserPolicy", USER),
    Rule::new("ListAccessKeys", "iam:ListAccessKeys", USER),
    Rule::new("ListAttachedRolePolicies", "iam:ListAttachedRolePolicies", ROLE),
    Rule::new("ListAttachedUserPolicies", "iam:ListAttachedUserPolicies", USER),
    Rule::new("ListPolicies", "iam:ListPolicies", Resource::Any),
    Rule::new("ListPolicyVersions", "iam:ListPolicyVersions", POLICY),
    Rule::new("ListRolePolicies", "iam:ListRolePolicies", ROLE),
    Rule::new("ListRoles", "iam:ListRoles", Resource::Any),
    Rule::new("ListUserPolicies", "iam:ListUserPolicies", USER),
    Rule::new("ListUsers", "iam:ListUsers", Resource::Any),
    Rule::new("PutRolePolicy", "iam:PutRolePolicy", ROLE),
    Rule::new("PutUserPolicy", "iam:PutUserPolicy", USER),
    Rule::new("SimulateCustomPolicy", "iam:SimulateCustomPolicy", Resource::Any),
    Rule::new("SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy", Resource::Given("PolicySourceArn")),
    Rule::new("UpdateAccessKey", "iam:UpdateAccessKey", USER),
    Rule::new("UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy", ROLE),
];

/// The ARN of the user that a call names, with its path if it exists; without a name, the caller's.
pub(super) async fn user(identity: &Identity, call: &Call<'_>, member: &str) -> Result<String, Error> {
    let Some(name) = call.text(member) else {
        return Ok(own(&call.caller.principal, &call.caller.account));
    };
    let found = identity.get_user(call.caller, Some(name)).await.map(|user| user.arn.to_string());
    or_unknown(found, call, "user", name)
}

/// The ARN of the role that a call names, with its path if it exists.
pub(super) async fn role(identity: &Identity, call: &Call<'_>, member: &str) -> Result<String, Error> {
    let name = call.text(member).unwrap_or_default();
    let found = identity.get_role(call.caller, name).await.map(|role| role.arn.to_string());
    or_unknown(found, call, "role", name)
}

/// The ARN of what a call is to make.
pub(super) fn new(call: &Call<'_>, kind: &str, member: &str) -> String {
    let (path, name) = (call.text("Path").unwrap_or("/"), call.text(member).unwrap_or_default());
    format!("arn:aws:iam::{}:{kind}{path}{name}", call.caller.account)
}

/// What does not exist has no path.
fn or_unknown(
    found: Result<String, Error>,
    call: &Call<'_>,
    kind: &str,
    name: &str,
) -> Result<String, Error> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(format!("arn:aws:iam::{}:{kind}/{name}", call.caller.account))
        }
        found => found,
    }
}
