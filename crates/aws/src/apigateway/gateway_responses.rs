//! What the gateway itself answers.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, ShownGatewayResponse, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn put_gateway_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: PutGatewayResponseRequest,
) -> Result<GatewayResponse> {
    let response = model::GatewayResponse {
        response_type: input.response_type,
        status_code: input.status_code,
        response_parameters: input.response_parameters.unwrap_or_default(),
        response_templates: input.response_templates.unwrap_or_default(),
    };
    Ok(shown(apis.put_gateway_response(&cx.caller, &input.rest_api_id, response).await?))
}

pub(super) async fn get_gateway_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetGatewayResponseRequest,
) -> Result<GatewayResponse> {
    Ok(shown(apis.get_gateway_response(&cx.caller, &input.rest_api_id, &input.response_type)?))
}

pub(super) async fn get_gateway_responses(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetGatewayResponsesRequest,
) -> Result<GatewayResponses> {
    let page = render::page(input.position, input.limit);
    let (items, position) = apis.list_gateway_responses(&cx.caller, &input.rest_api_id, &page)?.map(shown);
    Ok(GatewayResponses { items: Some(items), position })
}

pub(super) async fn update_gateway_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateGatewayResponseRequest,
) -> Result<GatewayResponse> {
    let operations = render::patches(input.patch_operations);
    let (api, kind) = (&input.rest_api_id, input.response_type);
    Ok(shown(apis.update_gateway_response(&cx.caller, api, kind, operations).await?))
}

pub(super) async fn delete_gateway_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteGatewayResponseRequest,
) -> Result<()> {
    Ok(apis.delete_gateway_response(&cx.caller, &input.rest_api_id, input.response_type).await?)
}

fn shown(shown: ShownGatewayResponse) -> GatewayResponse {
    let response = shown.response;
    GatewayResponse {
        response_type: Some(response.response_type),
        status_code: response.status_code,
        response_parameters: Some(response.response_parameters),
        response_templates: Some(response.response_templates),
        default_response: Some(shown.default),
    }
}
