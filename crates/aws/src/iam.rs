//! IAM: users, roles, access keys and policies.

mod access_keys;
mod managed_policies;
mod owned_policies;
mod roles;
mod simulate;
mod users;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_aws_model_iam::{Iam, types::*};
use tinderbox_base::Error;
use tinderbox_identity::{Identity, Part};
use tinderbox_wire::{Context, Result, async_trait};

/// The handlers of IAM.
#[derive(Clone, Debug)]
pub struct IamHandlers {
    identity: Arc<Identity>,
}

impl IamHandlers {
    /// Handlers that ask `identity`.
    pub fn new(identity: Arc<Identity>) -> Self {
        Self { identity }
    }
}

/// Forwards each operation to the function of its noun's file.
macro_rules! forward {
    ($($noun:ident { $($operation:ident($input:ty) -> $output:ty;)* })*) => {
        #[async_trait]
        impl Iam for IamHandlers {
            $($(async fn $operation(&self, cx: &mut Context, input: $input) -> Result<$output> {
                $noun::$operation(&self.identity, cx, input).await
            })*)*
        }
    };
}

forward! {
    users {
        create_user(CreateUserRequest) -> CreateUserResponse;
        get_user(GetUserRequest) -> GetUserResponse;
        list_users(ListUsersRequest) -> ListUsersResponse;
        delete_user(DeleteUserRequest) -> ();
    }
    roles {
        create_role(CreateRoleRequest) -> CreateRoleResponse;
        get_role(GetRoleRequest) -> GetRoleResponse;
        list_roles(ListRolesRequest) -> ListRolesResponse;
        delete_role(DeleteRoleRequest) -> ();
        update_assume_role_policy(UpdateAssumeRolePolicyRequest) -> ();
    }
    access_keys {
        create_access_key(CreateAccessKeyRequest) -> CreateAccessKeyResponse;
        list_access_keys(ListAccessKeysRequest) -> ListAccessKeysResponse;
        update_access_key(UpdateAccessKeyRequest) -> ();
        delete_access_key(DeleteAccessKeyRequest) -> ();
    }
    managed_policies {
        create_policy(CreatePolicyRequest) -> CreatePolicyResponse;
        get_policy(GetPolicyRequest) -> GetPolicyResponse;
        get_policy_version(GetPolicyVersionRequest) -> GetPolicyVersionResponse;
        list_policies(ListPoliciesRequest) -> ListPoliciesResponse;
        list_policy_versions(ListPolicyVersionsRequest) -> ListPolicyVersionsResponse;
        delete_policy(DeletePolicyRequest) -> ();
    }
    owned_policies {
        put_user_policy(PutUserPolicyRequest) -> ();
        get_user_policy(GetUserPolicyRequest) -> GetUserPolicyResponse;
        list_user_policies(ListUserPoliciesRequest) -> ListUserPoliciesResponse;
        delete_user_policy(DeleteUserPolicyRequest) -> ();
        attach_user_policy(AttachUserPolicyRequest) -> ();
        detach_user_policy(DetachUserPolicyRequest) -> ();
        list_attached_user_policies(ListAttachedUserPoliciesRequest) -> ListAttachedUserPoliciesResponse;
        put_role_policy(PutRolePolicyRequest) -> ();
        get_role_policy(GetRolePolicyRequest) -> GetRolePolicyResponse;
        list_role_policies(ListRolePoliciesRequest) -> ListRolePoliciesResponse;
        delete_role_policy(DeleteRolePolicyRequest) -> ();
        attach_role_policy(AttachRolePolicyRequest) -> ();
        detach_role_policy(DetachRolePolicyRequest) -> ();
        list_attached_role_policies(ListAttachedRolePoliciesRequest) -> ListAttachedRolePoliciesResponse;
    }
    simulate {
        simulate_custom_policy(SimulateCustomPolicyRequest) -> SimulatePolicyResponse;
        simulate_principal_policy(SimulatePrincipalPolicyRequest) -> SimulatePolicyResponse;
    }
}

/// Characters that RFC 3986 leaves as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A policy document as IAM sends it: URL-encoded; clients decode it.
fn document(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn tags(tags: BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    (!tags.is_empty()).then_some(tags)
}

fn untagged(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn boundary(arn: Option<String>) -> Option<AttachedPermissionsBoundary> {
    arn.map(|arn| AttachedPermissionsBoundary {
        permissions_boundary_type: Some(
            PermissionsBoundaryAttachmentType::PERMISSIONS_BOUNDARY_POLICY.into(),
        ),
        permissions_boundary_arn: Some(arn),
    })
}

fn part(path_prefix: Option<String>, marker: Option<String>, max_items: Option<i64>) -> Result<Part> {
    let limit = max_items.map(usize::try_from).transpose();
    let limit = limit.map_err(|_| Error::invalid("MaxItems must not be negative."))?;
    Ok(Part { path_prefix, marker, limit })
}

/// A page of a list that is whole in memory, by the name of each item.
fn paged<T>(
    items: Vec<T>,
    name: impl Fn(&T) -> &str,
    marker: Option<String>,
    max_items: Option<i64>,
) -> Result<(Vec<T>, Option<String>)> {
    let limit = part(None, None, max_items)?.limit.unwrap_or(100).clamp(1, 1000);
    let after = |item: &T| marker.as_deref().is_none_or(|marker| name(item) > marker);
    let mut rest: Vec<_> = items.into_iter().filter(after).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let marker = rest.last().filter(|_| more).map(|item| name(item).to_owned());
    Ok((rest, marker))
}
