//! UpdateApi.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result};

pub(super) async fn update_api(
    apis: &HttpApis,
    cx: &mut Context,
    input: UpdateApiRequest,
) -> Result<UpdateApiResponse> {
    let id = input.api_id.clone();
    let api = apis.update_api(&cx.caller, &id, settings::api(input)).await?;
    Ok(render::api(api, cx).same())
}
