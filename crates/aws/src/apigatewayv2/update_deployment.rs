//! UpdateDeployment.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn update_deployment(
    apis: &HttpApis,
    cx: &mut Context,
    input: UpdateDeploymentRequest,
) -> Result<UpdateDeploymentResponse> {
    let (api, id) = (&input.api_id, &input.deployment_id);
    let deployment = apis.update_deployment(&cx.caller, api, id, input.description).await?;
    Ok(render::deployment(&deployment).same())
}
