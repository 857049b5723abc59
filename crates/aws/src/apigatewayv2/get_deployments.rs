//! GetDeployments.

use super::render;
use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{HttpApis, PageRequest};
use tinderbox_wire::{Context, Result};

pub(super) async fn get_deployments(
    apis: &HttpApis,
    cx: &mut Context,
    input: GetDeploymentsRequest,
) -> Result<GetDeploymentsResponse> {
    let page = PageRequest { token: input.next_token, most: input.max_results };
    let page = apis.list_deployments(&cx.caller, &input.api_id, &page)?;
    let items = page.items.iter().map(|deployment| render::deployment(deployment)).collect();
    Ok(GetDeploymentsResponse { items: Some(items), next_token: page.next })
}
