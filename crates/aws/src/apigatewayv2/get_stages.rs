//! GetStages.

use super::render;
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{HttpApis, PageRequest};
use tinderbox_wire::{Context, Result};

pub(super) async fn get_stages(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetStagesRequest,
) -> Result<GetStagesResponse> {
    let page = PageRequest { token: input.next_token, most: input.max_results };
    let page = apis.list_stages(&cx.caller, &input.api_id, &page)?;
    let items = page.items.into_iter().map(render::stage).collect();
    Ok(GetStagesResponse { items: Some(items), next_token: page.next })
}
