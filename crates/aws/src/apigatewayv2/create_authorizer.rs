//! CreateAuthorizer.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn create_authorizer(
    apis: &HttpApis,
    cx: &mut Context,
    input: CreateAuthorizerRequest,
) -> Result<CreateAuthorizerResponse> {
    let change = settings::new_authorizer(&input);
    let authorizer = apis.create_authorizer(&cx.caller, &input.api_id, change).await?;
    Ok(render::authorizer(authorizer).same())
}
