//! What integrations' answers become.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn put_integration_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: PutIntegrationResponseRequest,
) -> Result<IntegrationResponse> {
    let response = model::IntegrationResponse {
        status_code: input.status_code,
        selection_pattern: input.selection_pattern,
        response_parameters: input.response_parameters.unwrap_or_default(),
        response_templates: input.response_templates.unwrap_or_default(),
        content_handling: input.content_handling,
    };
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.put_integration_response(&cx.caller, name, response).await?))
}

pub(super) async fn get_integration_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetIntegrationResponseRequest,
) -> Result<IntegrationResponse> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.get_integration_response(&cx.caller, &name, &input.status_code)?))
}

pub(super) async fn update_integration_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateIntegrationResponseRequest,
) -> Result<IntegrationResponse> {
    let operations = render::patches(input.patch_operations);
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.update_integration_response(&cx.caller, name, input.status_code, operations).await?))
}

pub(super) async fn delete_integration_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteIntegrationResponseRequest,
) -> Result<()> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(apis.delete_integration_response(&cx.caller, name, input.status_code).await?)
}

pub(super) fn shown(response: model::IntegrationResponse) -> IntegrationResponse {
    IntegrationResponse {
        status_code: Some(response.status_code),
        selection_pattern: response.selection_pattern,
        response_parameters: render::filled(response.response_parameters),
        response_templates: render::filled(response.response_templates),
        content_handling: response.content_handling,
    }
}
