//! DeleteDeployment.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_deployment(
    apis: &HttpApis,
    cx: &mut Context,
    input: DeleteDeploymentRequest,
) -> Result<()> {
    Ok(apis.delete_deployment(&cx.caller, &input.api_id, &input.deployment_id).await?)
}
