//! Roles.

use super::{boundary, document, part, tags, untagged};
use tinderbox_aws_model_iam::types::*;
use tinderbox_identity::{CreateRole, Identity, ListRoles, Role as Found};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_role(
    identity: &Identity,
    cx: &mut Context,
    input: CreateRoleRequest,
) -> Result<CreateRoleResponse> {
    let create = CreateRole {
        name: input.role_name,
        path: input.path,
        trust_policy: input.assume_role_policy_document,
        description: input.description,
        max_session: input.max_session_duration.and_then(|s| u32::try_from(s).ok()),
        tags: untagged(input.tags),
        boundary: input.permissions_boundary,
    };
    Ok(CreateRoleResponse { role: render(identity.create_role(&cx.caller, create).await?) })
}

pub(super) async fn get_role(
    identity: &Identity,
    cx: &mut Context,
    input: GetRoleRequest,
) -> Result<GetRoleResponse> {
    Ok(GetRoleResponse { role: render(identity.get_role(&cx.caller, &input.role_name).await?) })
}

pub(super) async fn list_roles(
    identity: &Identity,
    cx: &mut Context,
    input: ListRolesRequest,
) -> Result<ListRolesResponse> {
    let part = part(input.path_prefix, input.marker, input.max_items)?;
    let list = ListRoles { path_prefix: part.path_prefix, marker: part.marker, limit: part.limit };
    let page = identity.list_roles(&cx.caller, list).await?;
    Ok(ListRolesResponse {
        // Tags and boundaries are told by GetRole only.
        roles: page
            .roles
            .into_iter()
            .map(|role| Role { tags: None, permissions_boundary: None, ..render(role) })
            .collect(),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    })
}

pub(super) async fn delete_role(
    identity: &Identity,
    cx: &mut Context,
    input: DeleteRoleRequest,
) -> Result<()> {
    Ok(identity.delete_role(&cx.caller, &input.role_name).await?)
}

pub(super) async fn update_assume_role_policy(
    identity: &Identity,
    cx: &mut Context,
    input: UpdateAssumeRolePolicyRequest,
) -> Result<()> {
    Ok(identity.update_trust_policy(&cx.caller, &input.role_name, input.policy_document).await?)
}

fn render(role: Found) -> Role {
    Role {
        path: role.path,
        role_name: role.name,
        role_id: role.id,
        arn: role.arn.to_string(),
        create_date: role.created,
        assume_role_policy_document: Some(document(&role.trust_policy)),
        description: role.description,
        max_session_duration: Some(i64::from(role.max_session)),
        tags: tags(role.tags),
        permissions_boundary: boundary(role.boundary),
        ..Role::default()
    }
}
