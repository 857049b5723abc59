//! DeleteStage.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_stage(apis: &HttpApis, cx: &mut Context, input: DeleteStageRequest) -> Result<()> {
    Ok(apis.delete_stage(&cx.caller, &input.api_id, &input.stage_name).await?)
}
