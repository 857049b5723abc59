//! GetRoute.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_route(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetRouteRequest,
) -> Result<GetRouteResult> {
    let route = apis.get_route(&cx.caller, &input.api_id, &input.route_id)?;
    Ok(render::route(route).same())
}
