//! DeleteIntegration.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_integration(
    apis: &HttpApis,
    cx: &mut Context,
    input: DeleteIntegrationRequest,
) -> Result<()> {
    Ok(apis.delete_integration(&cx.caller, &input.api_id, &input.integration_id).await?)
}
