//! UpdateStage.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn update_stage(
    apis: &HttpApis,
    cx: &mut Context,
    input: UpdateStageRequest,
) -> Result<UpdateStageResponse> {
    let change = settings::stage(&input);
    let stage = apis.update_stage(&cx.caller, &input.api_id, &input.stage_name, change).await?;
    Ok(render::stage(stage).same())
}
