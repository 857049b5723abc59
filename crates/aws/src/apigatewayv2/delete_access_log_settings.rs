//! DeleteAccessLogSettings.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_access_log_settings(
    apis: &HttpApis,
    cx: &mut Context,
    input: DeleteAccessLogSettingsRequest,
) -> Result<()> {
    Ok(apis.delete_access_log(&cx.caller, &input.api_id, &input.stage_name).await?)
}
