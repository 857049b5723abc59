//! UpdateRoute.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn update_route(
    apis: &HttpApis,
    cx: &mut Context,
    input: UpdateRouteRequest,
) -> Result<UpdateRouteResult> {
    let change = settings::route(&input);
    let route = apis.update_route(&cx.caller, &input.api_id, &input.route_id, change).await?;
    Ok(render::route(route).same())
}
