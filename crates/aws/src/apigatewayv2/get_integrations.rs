//! GetIntegrations.

use super::render;
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{HttpApis, PageRequest};
use tinderbox_wire::{Context, Result};

pub(super) async fn get_integrations(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetIntegrationsRequest,
) -> Result<GetIntegrationsResponse> {
    let page = PageRequest { token: input.next_token, most: input.max_results };
    let page = apis.list_integrations(&cx.caller, &input.api_id, &page)?;
    let items = page.items.into_iter().map(render::integration).collect();
    Ok(GetIntegrationsResponse { items: Some(items), next_token: page.next })
}
