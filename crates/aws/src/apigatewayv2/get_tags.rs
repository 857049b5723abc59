//! GetTags.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_tags(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetTagsRequest,
) -> Result<GetTagsResponse> {
    Ok(GetTagsResponse { tags: Some(apis.tags(&cx.caller, &input.resource_arn)?) })
}
