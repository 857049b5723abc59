//! DeleteCorsConfiguration.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_cors_configuration(
    apis: &HttpApis,
    cx: &mut Context,
    input: DeleteCorsConfigurationRequest,
) -> Result<()> {
    Ok(apis.delete_cors(&cx.caller, &input.api_id).await?)
}
