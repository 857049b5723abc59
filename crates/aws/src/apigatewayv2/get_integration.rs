//! GetIntegration.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_integration(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetIntegrationRequest,
) -> Result<GetIntegrationResult> {
    let integration = apis.get_integration(&cx.caller, &input.api_id, &input.integration_id)?;
    Ok(render::integration(integration).same())
}
