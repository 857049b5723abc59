//! Tags of log groups.

use tinderbox_aws_model_logs::types::*;
use tinderbox_logs::Logs;
use tinderbox_wire::{Context, Result};

pub(super) async fn list(
    logs: &Logs,
    cx: &mut Context,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse> {
    Ok(ListTagsForResourceResponse { tags: Some(logs.tags(&cx.caller, &input.resource_arn).await?) })
}
