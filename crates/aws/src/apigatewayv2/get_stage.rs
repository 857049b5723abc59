//! GetStage.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_stage(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetStageRequest,
) -> Result<GetStageResponse> {
    let stage = apis.get_stage(&cx.caller, &input.api_id, &input.stage_name)?;
    Ok(render::stage(stage).same())
}
