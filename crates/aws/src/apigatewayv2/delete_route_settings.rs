//! DeleteRouteSettings.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_route_settings(
    apis: &HttpApis,
    cx: &mut Context,
    input: DeleteRouteSettingsRequest,
) -> Result<()> {
    let (api, stage) = (&input.api_id, &input.stage_name);
    Ok(apis.delete_route_settings(&cx.caller, api, stage, &input.route_key).await?)
}
