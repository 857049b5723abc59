//! GetDeployment.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_deployment(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetDeploymentRequest,
) -> Result<GetDeploymentResponse> {
    let deployment = apis.get_deployment(&cx.caller, &input.api_id, &input.deployment_id)?;
    Ok(render::deployment(&deployment).same())
}
