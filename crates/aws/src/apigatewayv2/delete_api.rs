//! DeleteApi.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_api(apis: &HttpApis, cx: &mut Context, input: DeleteApiRequest) -> Result<()> {
    Ok(apis.delete_api(&cx.caller, &input.api_id).await?)
}
