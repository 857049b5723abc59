//! UntagResource.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn untag_resource(
    apis: &HttpApis,
    cx: &mut Context,
    input: UntagResourceRequest,
) -> Result<()> {
    Ok(apis.untag(&cx.caller, &input.resource_arn, input.tag_keys).await?)
}
