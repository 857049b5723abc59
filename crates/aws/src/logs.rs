//! CloudWatch Logs.

mod events;
mod filter;
mod groups;
mod put;
mod streams;
mod tags;

use tinderbox_aws_model_logs::{Logs as Operations, types::*};
use tinderbox_base::{Error, Timestamp};
use tinderbox_logs::Logs;
use tinderbox_wire::{Context, Result, async_trait};

/// The handlers of CloudWatch Logs.
#[derive(Clone, Debug)]
pub struct LogsHandlers {
    logs: Logs,
}

impl LogsHandlers {
    /// Handlers that call `logs`.
    pub fn new(logs: Logs) -> Self {
        Self { logs }
    }
}

#[async_trait]
impl Operations for LogsHandlers {
    async fn create_log_group(&self, cx: &mut Context, input: CreateLogGroupRequest) -> Result<()> {
        groups::create(&self.logs, cx, input).await
    }

    async fn delete_log_group(&self, cx: &mut Context, input: DeleteLogGroupRequest) -> Result<()> {
        Ok(self.logs.delete_group(&cx.caller, &input.log_group_name).await?)
    }

    async fn describe_log_groups(
        &self,
        cx: &mut Context,
        input: DescribeLogGroupsRequest,
    ) -> Result<DescribeLogGroupsResponse> {
        groups::describe(&self.logs, cx, input).await
    }

    async fn put_retention_policy(&self, cx: &mut Context, input: PutRetentionPolicyRequest) -> Result<()> {
        groups::put_retention(&self.logs, cx, input).await
    }

    async fn delete_retention_policy(
        &self,
        cx: &mut Context,
        input: DeleteRetentionPolicyRequest,
    ) -> Result<()> {
        Ok(self.logs.set_retention(&cx.caller, &input.log_group_name, None).await?)
    }

    async fn list_tags_for_resource(
        &self,
        cx: &mut Context,
        input: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse> {
        tags::list(&self.logs, cx, input).await
    }

    async fn tag_resource(&self, cx: &mut Context, input: TagResourceRequest) -> Result<()> {
        Ok(self.logs.tag(&cx.caller, &input.resource_arn, input.tags).await?)
    }

    async fn untag_resource(&self, cx: &mut Context, input: UntagResourceRequest) -> Result<()> {
        Ok(self.logs.untag(&cx.caller, &input.resource_arn, &input.tag_keys).await?)
    }

    async fn create_log_stream(&self, cx: &mut Context, input: CreateLogStreamRequest) -> Result<()> {
        Ok(self.logs.create_stream(&cx.caller, &input.log_group_name, &input.log_stream_name).await?)
    }

    async fn delete_log_stream(&self, cx: &mut Context, input: DeleteLogStreamRequest) -> Result<()> {
        Ok(self.logs.delete_stream(&cx.caller, &input.log_group_name, &input.log_stream_name).await?)
    }

    async fn describe_log_streams(
        &self,
        cx: &mut Context,
        input: DescribeLogStreamsRequest,
    ) -> Result<DescribeLogStreamsResponse> {
        streams::describe(&self.logs, cx, input).await
    }

    async fn put_log_events(
        &self,
        cx: &mut Context,
        input: PutLogEventsRequest,
    ) -> Result<PutLogEventsResponse> {
        put::events(&self.logs, cx, input).await
    }

    async fn get_log_events(
        &self,
        cx: &mut Context,
        input: GetLogEventsRequest,
    ) -> Result<GetLogEventsResponse> {
        events::get(&self.logs, cx, input).await
    }

    async fn filter_log_events(
        &self,
        cx: &mut Context,
        input: FilterLogEventsRequest,
    ) -> Result<FilterLogEventsResponse> {
        filter::events(&self.logs, cx, input).await
    }
}

/// The group that an input names in one of two ways.
fn group(name: Option<String>, identifier: Option<String>) -> Result<String> {
    match (name, identifier) {
        (Some(_), Some(_)) => {
            Err(Error::invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.").into())
        }
        (Some(group), None) | (None, Some(group)) => Ok(group),
        (None, None) => {
            Err(Error::invalid("Either logGroupName or logGroupIdentifier must be provided.").into())
        }
    }
}

/// A limit that the model has checked.
fn limit(limit: Option<i64>) -> Option<usize> {
    limit.and_then(|n| usize::try_from(n).ok())
}

fn time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}
