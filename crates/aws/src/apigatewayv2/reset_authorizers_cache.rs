//! ResetAuthorizersCache.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn reset_authorizers_cache(
    apis: &HttpApis,
    cx: &mut Context,
    input: ResetAuthorizersCacheRequest,
) -> Result<()> {
    Ok(apis.reset_authorizers_cache(&cx.caller, &input.api_id, &input.stage_name)?)
}
