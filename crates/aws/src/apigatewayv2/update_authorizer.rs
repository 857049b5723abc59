//! UpdateAuthorizer.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn update_authorizer(
    apis: &HttpApis,
    cx: &mut Context,
    input: UpdateAuthorizerRequest,
) -> Result<UpdateAuthorizerResponse> {
    let change = settings::authorizer(&input);
    let authorizer = apis.update_authorizer(&cx.caller, &input.api_id, &input.authorizer_id, change).await?;
    Ok(render::authorizer(authorizer).same())
}
