//! Log groups.

use super::limit;
use tinderbox_aws_model_logs::types::*;
use tinderbox_base::Error;
use tinderbox_logs::{CreateGroup, DescribeGroups, Group, GroupClass, Logs};
use tinderbox_wire::{Context, Result};

pub(super) async fn create(logs: &Logs, cx: &mut Context, input: CreateLogGroupRequest) -> Result<()> {
    if input.deletion_protection_enabled == Some(true) {
        return Err(Error::invalid("deletionProtectionEnabled is not supported by Tinderbox.").into());
    }
    let group = CreateGroup {
        name: input.log_group_name,
        class: class(input.log_group_class.as_deref()).unwrap_or_default(),
        tags: input.tags.unwrap_or_default(),
        kms_key: input.kms_key_id,
    };
    Ok(logs.create_group(&cx.caller, group).await?)
}

pub(super) async fn describe(
    logs: &Logs,
    cx: &mut Context,
    input: DescribeLogGroupsRequest,
) -> Result<DescribeLogGroupsResponse> {
    if input.log_group_identifiers.is_some() || input.include_linked_accounts == Some(true) {
        let message = "logGroupIdentifiers and includeLinkedAccounts are not supported by Tinderbox.";
        return Err(Error::invalid(message).into());
    }
    let describe = DescribeGroups {
        prefix: input.log_group_name_prefix,
        pattern: input.log_group_name_pattern,
        class: class(input.log_group_class.as_deref()),
        token: input.next_token,
        limit: limit(input.limit),
    };
    let page = logs.describe_groups(&cx.caller, describe).await?;
    Ok(DescribeLogGroupsResponse {
        log_groups: Some(page.groups.into_iter().map(render).collect()),
        next_token: page.token,
    })
}

pub(super) async fn put_retention(
    logs: &Logs,
    cx: &mut Context,
    input: PutRetentionPolicyRequest,
) -> Result<()> {
    // A number that does not fit is none of AWS's; zero is refused as such.
    let days = u32::try_from(input.retention_in_days).unwrap_or(0);
    Ok(logs.set_retention(&cx.caller, &input.log_group_name, Some(days)).await?)
}

fn class(name: Option<&str>) -> Option<GroupClass> {
    name.and_then(GroupClass::parse)
}

fn render(group: Group) -> LogGroup {
    LogGroup {
        log_group_name: Some(group.name),
        creation_time: Some(group.created.as_millis()),
        retention_in_days: group.retention_days.map(i64::from),
        metric_filter_count: Some(0),
        arn: Some(format!("{}:*", group.arn)),
        stored_bytes: Some(i64::try_from(group.stored_bytes).unwrap_or(i64::MAX)),
        log_group_class: Some(group.class.as_str().into()),
        log_group_arn: Some(group.arn),
        deletion_protection_enabled: Some(false),
        ..LogGroup::default()
    }
}
