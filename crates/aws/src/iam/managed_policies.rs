//! Managed policies. Each has one version: making another one is not implemented.

use super::{document, part, tags, untagged};
use tinderbox_aws_model_iam::types::*;
use tinderbox_base::Error;
use tinderbox_identity::{CreatePolicy, Identity, ManagedPolicy};
use tinderbox_wire::{Context, Result};

const VERSION: &str = "v1";

pub(super) async fn create_policy(
    identity: &Identity,
    cx: &mut Context,
    input: CreatePolicyRequest,
) -> Result<CreatePolicyResponse> {
    let create = CreatePolicy {
        name: input.policy_name,
        path: input.path,
        document: input.policy_document,
        description: input.description,
        tags: untagged(input.tags),
    };
    Ok(CreatePolicyResponse { policy: Some(render(identity.create_policy(&cx.caller, create).await?)) })
}

pub(super) async fn get_policy(
    identity: &Identity,
    cx: &mut Context,
    input: GetPolicyRequest,
) -> Result<GetPolicyResponse> {
    Ok(GetPolicyResponse { policy: Some(render(identity.get_policy(&cx.caller, &input.policy_arn).await?)) })
}

pub(super) async fn get_policy_version(
    identity: &Identity,
    cx: &mut Context,
    input: GetPolicyVersionRequest,
) -> Result<GetPolicyVersionResponse> {
    let policy = identity.get_policy(&cx.caller, &input.policy_arn).await?;
    if input.version_id != VERSION {
        let text = format!(
            "Policy {} version {} does not exist or is not attachable.",
            policy.arn, input.version_id
        );
        return Err(Error::not_found(text).into());
    }
    let version = PolicyVersion { document: Some(document(&policy.document)), ..version(&policy) };
    Ok(GetPolicyVersionResponse { policy_version: Some(version) })
}

pub(super) async fn list_policies(
    identity: &Identity,
    cx: &mut Context,
    input: ListPoliciesRequest,
) -> Result<ListPoliciesResponse> {
    let scope = input.scope.as_deref();
    let (of_aws, own) = (scope != Some(PolicyScopeType::LOCAL), scope != Some(PolicyScopeType::AWS));
    let part = part(input.path_prefix, input.marker, input.max_items)?;
    let mut page = identity.list_policies(&cx.caller, part, (of_aws, own)).await?;
    if input.only_attached == Some(true) {
        page.items.retain(|policy| policy.attachments > 0);
    }
    Ok(ListPoliciesResponse {
        // Descriptions and tags are told by GetPolicy only.
        policies: Some(
            page.items
                .into_iter()
                .map(|policy| Policy { description: None, tags: None, ..render(policy) })
                .collect(),
        ),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    })
}

pub(super) async fn list_policy_versions(
    identity: &Identity,
    cx: &mut Context,
    input: ListPolicyVersionsRequest,
) -> Result<ListPolicyVersionsResponse> {
    let policy = identity.get_policy(&cx.caller, &input.policy_arn).await?;
    Ok(ListPolicyVersionsResponse {
        versions: Some(vec![version(&policy)]),
        is_truncated: Some(false),
        marker: None,
    })
}

pub(super) async fn delete_policy(
    identity: &Identity,
    cx: &mut Context,
    input: DeletePolicyRequest,
) -> Result<()> {
    Ok(identity.delete_policy(&cx.caller, &input.policy_arn).await?)
}

fn version(policy: &ManagedPolicy) -> PolicyVersion {
    PolicyVersion {
        document: None,
        version_id: Some(VERSION.into()),
        is_default_version: Some(true),
        create_date: Some(policy.created),
    }
}

fn render(policy: ManagedPolicy) -> Policy {
    Policy {
        policy_name: Some(policy.name),
        policy_id: Some(policy.id),
        arn: Some(policy.arn),
        path: Some(policy.path),
        default_version_id: Some(VERSION.into()),
        attachment_count: i64::try_from(policy.attachments).ok(),
        permissions_boundary_usage_count: Some(0),
        is_attachable: Some(true),
        description: policy.description,
        create_date: Some(policy.created),
        update_date: Some(policy.created),
        tags: tags(policy.tags),
    }
}
