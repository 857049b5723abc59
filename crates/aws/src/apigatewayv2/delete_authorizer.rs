//! DeleteAuthorizer.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_authorizer(
    apis: &HttpApis,
    cx: &mut Context,
    input: DeleteAuthorizerRequest,
) -> Result<()> {
    Ok(apis.delete_authorizer(&cx.caller, &input.api_id, &input.authorizer_id).await?)
}
