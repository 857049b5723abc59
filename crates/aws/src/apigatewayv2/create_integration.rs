//! CreateIntegration.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn create_integration(
    apis: &HttpApis,
    cx: &mut Context,
    input: CreateIntegrationRequest,
) -> Result<CreateIntegrationResult> {
    let change = settings::new_integration(&input);
    let integration = apis.create_integration(&cx.caller, &input.api_id, change).await?;
    Ok(render::integration(integration).same())
}
