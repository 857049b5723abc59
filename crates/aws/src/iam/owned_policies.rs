//! The policies of users and roles, inline and managed: the same for both but for the names.

use super::{document, paged};
use tinderbox_aws_model_iam::types::*;
use tinderbox_identity::{Identity, InlinePolicy, Owner, policy_name};
use tinderbox_wire::{Context, Result};

pub(super) async fn put_user_policy(
    identity: &Identity,
    cx: &mut Context,
    input: PutUserPolicyRequest,
) -> Result<()> {
    let put = InlinePolicy { name: input.policy_name, document: input.policy_document };
    Ok(identity.put_inline_policy(&cx.caller.account, &Owner::User(input.user_name), put).await?)
}

pub(super) async fn get_user_policy(
    identity: &Identity,
    cx: &mut Context,
    input: GetUserPolicyRequest,
) -> Result<GetUserPolicyResponse> {
    let owner = Owner::User(input.user_name.clone());
    let found = identity.inline_policy(&cx.caller.account, &owner, &input.policy_name).await?;
    Ok(GetUserPolicyResponse {
        user_name: input.user_name,
        policy_name: found.name,
        policy_document: document(&found.document),
    })
}

pub(super) async fn list_user_policies(
    identity: &Identity,
    cx: &mut Context,
    input: ListUserPoliciesRequest,
) -> Result<ListUserPoliciesResponse> {
    let names = inline(identity, cx, &Owner::User(input.user_name)).await?;
    let (policy_names, marker) = paged(names, String::as_str, input.marker, input.max_items)?;
    Ok(ListUserPoliciesResponse { policy_names, is_truncated: Some(marker.is_some()), marker })
}

pub(super) async fn delete_user_policy(
    identity: &Identity,
    cx: &mut Context,
    input: DeleteUserPolicyRequest,
) -> Result<()> {
    let owner = Owner::User(input.user_name);
    Ok(identity.delete_inline_policy(&cx.caller.account, &owner, &input.policy_name).await?)
}

pub(super) async fn attach_user_policy(
    identity: &Identity,
    cx: &mut Context,
    input: AttachUserPolicyRequest,
) -> Result<()> {
    let owner = Owner::User(input.user_name);
    Ok(identity.attach_policy(&cx.caller.account, &owner, &input.policy_arn).await?)
}

pub(super) async fn detach_user_policy(
    identity: &Identity,
    cx: &mut Context,
    input: DetachUserPolicyRequest,
) -> Result<()> {
    let owner = Owner::User(input.user_name);
    Ok(identity.detach_policy(&cx.caller.account, &owner, &input.policy_arn).await?)
}

pub(super) async fn list_attached_user_policies(
    identity: &Identity,
    cx: &mut Context,
    input: ListAttachedUserPoliciesRequest,
) -> Result<ListAttachedUserPoliciesResponse> {
    let found = attached(identity, cx, &Owner::User(input.user_name), input.path_prefix.as_deref()).await?;
    let (found, marker) = paged(found, String::as_str, input.marker, input.max_items)?;
    Ok(ListAttachedUserPoliciesResponse {
        attached_policies: Some(found.into_iter().map(render).collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

pub(super) async fn put_role_policy(
    identity: &Identity,
    cx: &mut Context,
    input: PutRolePolicyRequest,
) -> Result<()> {
    let put = InlinePolicy { name: input.policy_name, document: input.policy_document };
    Ok(identity.put_inline_policy(&cx.caller.account, &Owner::Role(input.role_name), put).await?)
}

pub(super) async fn get_role_policy(
    identity: &Identity,
    cx: &mut Context,
    input: GetRolePolicyRequest,
) -> Result<GetRolePolicyResponse> {
    let owner = Owner::Role(input.role_name.clone());
    let found = identity.inline_policy(&cx.caller.account, &owner, &input.policy_name).await?;
    Ok(GetRolePolicyResponse {
        role_name: input.role_name,
        policy_name: found.name,
        policy_document: document(&found.document),
    })
}

pub(super) async fn list_role_policies(
    identity: &Identity,
    cx: &mut Context,
    input: ListRolePoliciesRequest,
) -> Result<ListRolePoliciesResponse> {
    let names = inline(identity, cx, &Owner::Role(input.role_name)).await?;
    let (policy_names, marker) = paged(names, String::as_str, input.marker, input.max_items)?;
    Ok(ListRolePoliciesResponse { policy_names, is_truncated: Some(marker.is_some()), marker })
}

pub(super) async fn delete_role_policy(
    identity: &Identity,
    cx: &mut Context,
    input: DeleteRolePolicyRequest,
) -> Result<()> {
    let owner = Owner::Role(input.role_name);
    Ok(identity.delete_inline_policy(&cx.caller.account, &owner, &input.policy_name).await?)
}

pub(super) async fn attach_role_policy(
    identity: &Identity,
    cx: &mut Context,
    input: AttachRolePolicyRequest,
) -> Result<()> {
    let owner = Owner::Role(input.role_name);
    Ok(identity.attach_policy(&cx.caller.account, &owner, &input.policy_arn).await?)
}

pub(super) async fn detach_role_policy(
    identity: &Identity,
    cx: &mut Context,
    input: DetachRolePolicyRequest,
) -> Result<()> {
    let owner = Owner::Role(input.role_name);
    Ok(identity.detach_policy(&cx.caller.account, &owner, &input.policy_arn).await?)
}

pub(super) async fn list_attached_role_policies(
    identity: &Identity,
    cx: &mut Context,
    input: ListAttachedRolePoliciesRequest,
) -> Result<ListAttachedRolePoliciesResponse> {
    let found = attached(identity, cx, &Owner::Role(input.role_name), input.path_prefix.as_deref()).await?;
    let (found, marker) = paged(found, String::as_str, input.marker, input.max_items)?;
    Ok(ListAttachedRolePoliciesResponse {
        attached_policies: Some(found.into_iter().map(render).collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

async fn inline(identity: &Identity, cx: &Context, owner: &Owner) -> Result<Vec<String>> {
    identity.existing(&cx.caller.account, owner).await?;
    let found = identity.inline_policies(&cx.caller.account, owner).await?;
    Ok(found.into_iter().map(|policy| policy.name).collect())
}

/// The ARNs of an owner's managed policies whose paths begin with `prefix`.
async fn attached(
    identity: &Identity,
    cx: &Context,
    owner: &Owner,
    prefix: Option<&str>,
) -> Result<Vec<String>> {
    identity.existing(&cx.caller.account, owner).await?;
    let mut found = identity.attached_policies(&cx.caller.account, owner).await?;
    let under = |arn: &String| {
        let path = arn.split_once(":policy").map_or("", |(_, path)| path);
        prefix.is_none_or(|prefix| path.starts_with(prefix))
    };
    found.retain(under);
    Ok(found)
}

fn render(arn: String) -> AttachedPolicy {
    AttachedPolicy { policy_name: Some(policy_name(&arn).to_owned()), policy_arn: Some(arn) }
}
