//! GetApi.

use super::{render, render::Same as _};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_api(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetApiRequest,
) -> Result<GetApiResponse> {
    let api = apis.get_api(&cx.caller, &input.api_id)?;
    Ok(render::api(api, cx).same())
}
