//! Answers that methods declare.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn put_method_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: PutMethodResponseRequest,
) -> Result<MethodResponse> {
    let response = model::MethodResponse {
        status_code: input.status_code,
        response_parameters: input.response_parameters.unwrap_or_default(),
        response_models: input.response_models.unwrap_or_default(),
    };
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.put_method_response(&cx.caller, name, response).await?))
}

pub(super) async fn get_method_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetMethodResponseRequest,
) -> Result<MethodResponse> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.get_method_response(&cx.caller, &name, &input.status_code)?))
}

pub(super) async fn update_method_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateMethodResponseRequest,
) -> Result<MethodResponse> {
    let operations = render::patches(input.patch_operations);
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.update_method_response(&cx.caller, name, input.status_code, operations).await?))
}

pub(super) async fn delete_method_response(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteMethodResponseRequest,
) -> Result<()> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(apis.delete_method_response(&cx.caller, name, input.status_code).await?)
}

pub(super) fn shown(response: model::MethodResponse) -> MethodResponse {
    MethodResponse {
        status_code: Some(response.status_code),
        response_parameters: render::filled(response.response_parameters),
        response_models: render::filled(response.response_models),
    }
}
