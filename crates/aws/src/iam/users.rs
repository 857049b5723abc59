//! Users.

use super::{boundary, part, tags, untagged};
use tinderbox_aws_model_iam::types::*;
use tinderbox_identity::{CreateUser, Identity, User as Found};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_user(
    identity: &Identity,
    cx: &mut Context,
    input: CreateUserRequest,
) -> Result<CreateUserResponse> {
    let create = CreateUser {
        name: input.user_name,
        path: input.path,
        tags: untagged(input.tags),
        boundary: input.permissions_boundary,
    };
    Ok(CreateUserResponse { user: Some(render(identity.create_user(&cx.caller, create).await?)) })
}

pub(super) async fn get_user(
    identity: &Identity,
    cx: &mut Context,
    input: GetUserRequest,
) -> Result<GetUserResponse> {
    let user = identity.get_user(&cx.caller, input.user_name.as_deref()).await?;
    Ok(GetUserResponse { user: render(user) })
}

pub(super) async fn list_users(
    identity: &Identity,
    cx: &mut Context,
    input: ListUsersRequest,
) -> Result<ListUsersResponse> {
    let part = part(input.path_prefix, input.marker, input.max_items)?;
    let page = identity.list_users(&cx.caller, part).await?;
    Ok(ListUsersResponse {
        // Tags and boundaries are told by GetUser only.
        users: page
            .items
            .into_iter()
            .map(|user| User { tags: None, permissions_boundary: None, ..render(user) })
            .collect(),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    })
}

pub(super) async fn delete_user(
    identity: &Identity,
    cx: &mut Context,
    input: DeleteUserRequest,
) -> Result<()> {
    Ok(identity.delete_user(&cx.caller, &input.user_name).await?)
}

fn render(user: Found) -> User {
    User {
        path: user.path,
        user_name: user.name,
        user_id: user.id,
        arn: user.arn.to_string(),
        create_date: user.created,
        tags: tags(user.tags),
        permissions_boundary: boundary(user.boundary),
        ..User::default()
    }
}
