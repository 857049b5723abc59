//! IAM: roles.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;
use tinderbox_aws_model_iam::{Iam, types::*};
use tinderbox_base::Error;
use tinderbox_identity::{CreateRole, Identity, ListRoles, Role as Found};
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

#[async_trait]
impl Iam for IamHandlers {
    async fn create_role(&self, cx: &mut Context, input: CreateRoleRequest) -> Result<CreateRoleResponse> {
        let create = CreateRole {
            name: input.role_name,
            path: input.path,
            trust_policy: input.assume_role_policy_document,
            description: input.description,
            max_session: input.max_session_duration.and_then(|s| u32::try_from(s).ok()),
            tags: input.tags.unwrap_or_default().into_iter().map(|t| (t.key, t.value)).collect(),
            boundary: input.permissions_boundary,
        };
        Ok(CreateRoleResponse { role: render(self.identity.create_role(&cx.caller, create).await?) })
    }

    async fn get_role(&self, cx: &mut Context, input: GetRoleRequest) -> Result<GetRoleResponse> {
        Ok(GetRoleResponse { role: render(self.identity.get_role(&cx.caller, &input.role_name).await?) })
    }

    async fn list_roles(&self, cx: &mut Context, input: ListRolesRequest) -> Result<ListRolesResponse> {
        let limit = input.max_items.map(usize::try_from).transpose();
        let limit = limit.map_err(|_| Error::invalid("MaxItems must not be negative."))?;
        let list = ListRoles { path_prefix: input.path_prefix, marker: input.marker, limit };
        let page = self.identity.list_roles(&cx.caller, list).await?;
        Ok(ListRolesResponse {
            // Tags are told by GetRole only.
            roles: page.roles.into_iter().map(|role| Role { tags: None, ..render(role) }).collect(),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}

/// Characters that RFC 3986 leaves as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn render(role: Found) -> Role {
    let tags: Vec<Tag> = role.tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    Role {
        path: role.path,
        role_name: role.name,
        role_id: role.id,
        arn: role.arn.to_string(),
        create_date: role.created,
        // IAM sends policies URL-encoded; clients decode them.
        assume_role_policy_document: Some(utf8_percent_encode(&role.trust_policy, ENCODED).to_string()),
        description: role.description,
        max_session_duration: Some(i64::from(role.max_session)),
        tags: (!tags.is_empty()).then_some(tags),
        ..Role::default()
    }
}
