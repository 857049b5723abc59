//! GetAuthorizer.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_authorizer(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetAuthorizerRequest,
) -> Result<GetAuthorizerResponse> {
    let authorizer = apis.get_authorizer(&cx.caller, &input.api_id, &input.authorizer_id)?;
    Ok(render::authorizer(authorizer).same())
}
