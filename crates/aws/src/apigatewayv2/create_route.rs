//! CreateRoute.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn create_route(
    apis: &HttpApis,
    cx: &mut Context,
    input: CreateRouteRequest,
) -> Result<CreateRouteResult> {
    let change = settings::new_route(&input);
    let route = apis.create_route(&cx.caller, &input.api_id, change).await?;
    Ok(render::route(route).same())
}
