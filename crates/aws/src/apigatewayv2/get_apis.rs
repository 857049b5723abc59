//! GetApis.

use super::render;
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{HttpApis, PageRequest};
use tinderbox_wire::{Context, Result};

pub(super) async fn get_apis(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetApisRequest,
) -> Result<GetApisResponse> {
    let page = PageRequest { token: input.next_token, most: input.max_results };
    let page = apis.list_apis(&cx.caller, &page)?;
    let items = page.items.into_iter().map(|api| render::api(api, cx)).collect();
    Ok(GetApisResponse { items: Some(items), next_token: page.next })
}
