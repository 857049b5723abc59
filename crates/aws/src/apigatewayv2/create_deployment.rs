//! CreateDeployment.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{HttpApis, NewDeployment};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_deployment(
    apis: &HttpApis,
    cx: &mut Context,
    input: CreateDeploymentRequest,
) -> Result<CreateDeploymentResponse> {
    let new = NewDeployment { description: input.description, stage_name: input.stage_name };
    let deployment = apis.create_deployment(&cx.caller, &input.api_id, new).await?;
    Ok(render::deployment(&deployment).same())
}
