//! Tags.

use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api;
use tinderbox_wire::{Context, Result};

pub(super) async fn tag_resource(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: TagResourceRequest,
) -> Result<()> {
    Ok(apis.tag(&cx.caller, &input.resource_arn, input.tags).await?)
}

pub(super) async fn untag_resource(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UntagResourceRequest,
) -> Result<()> {
    Ok(apis.untag(&cx.caller, &input.resource_arn, input.tag_keys).await?)
}

pub(super) async fn get_tags(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetTagsRequest,
) -> Result<Tags> {
    Ok(Tags { tags: Some(apis.tags(&cx.caller, &input.resource_arn)?) })
}
