//! CreateApi.

use super::{render, render::Same as _, settings};
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{HttpApis, NewApi};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_api(
    apis: &HttpApis,
    cx: &mut Context,
    input: CreateApiRequest,
) -> Result<CreateApiResponse> {
    let new = NewApi {
        protocol_type: input.protocol_type.clone(),
        tags: input.tags.clone().unwrap_or_default(),
        change: settings::new_api(input),
    };
    let api = apis.create_api(&cx.caller, new).await?;
    Ok(render::api(api, cx).same())
}
