//! DeleteRoute.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_route(apis: &HttpApis, cx: &mut Context, input: DeleteRouteRequest) -> Result<()> {
    Ok(apis.delete_route(&cx.caller, &input.api_id, &input.route_id).await?)
}
