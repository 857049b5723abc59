//! TagResource.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn tag_resource(
    apis: &HttpApis,
    cx: &mut Context,
    input: TagResourceRequest,
) -> Result<TagResourceResponse> {
    let tags = input.tags.unwrap_or_default();
    apis.tag(&cx.caller, &input.resource_arn, tags).await?;
    Ok(TagResourceResponse {})
}
