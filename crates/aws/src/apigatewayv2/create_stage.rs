//! CreateStage.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn create_stage(
    apis: &HttpApis,
    cx: &mut Context,
    input: CreateStageRequest,
) -> Result<CreateStageResponse> {
    let change = settings::new_stage(&input);
    let stage = apis.create_stage(&cx.caller, &input.api_id, &input.stage_name, change).await?;
    Ok(render::stage(stage).same())
}
