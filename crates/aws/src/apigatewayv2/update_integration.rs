//! UpdateIntegration.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn update_integration(
    apis: &HttpApis,
    cx: &mut Context,
    input: UpdateIntegrationRequest,
) -> Result<UpdateIntegrationResult> {
    let change = settings::integration(&input);
    let integration =
        apis.update_integration(&cx.caller, &input.api_id, &input.integration_id, change).await?;
    Ok(render::integration(integration).same())
}
