//! Methods.

use super::{integrations, method_responses, render};
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn put_method(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: PutMethodRequest,
) -> Result<Method> {
    let method = model::Method {
        http_method: input.http_method.clone(),
        authorization_type: input.authorization_type,
        authorizer_id: input.authorizer_id,
        api_key_required: input.api_key_required.unwrap_or(false),
        request_validator_id: input.request_validator_id,
        operation_name: input.operation_name,
        request_parameters: input.request_parameters.unwrap_or_default(),
        request_models: input.request_models.unwrap_or_default(),
        authorization_scopes: input.authorization_scopes,
        ..model::Method::default()
    };
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(&apis.put_method(&cx.caller, name, method).await?))
}

pub(super) async fn get_method(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetMethodRequest,
) -> Result<Method> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(&apis.get_method(&cx.caller, &name)?))
}

pub(super) async fn update_method(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateMethodRequest,
) -> Result<Method> {
    let operations = render::patches(input.patch_operations);
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(&apis.update_method(&cx.caller, name, operations).await?))
}

pub(super) async fn delete_method(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteMethodRequest,
) -> Result<()> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(apis.delete_method(&cx.caller, name).await?)
}

pub(super) fn shown(method: &model::Method) -> Method {
    let responses = method.method_responses.iter();
    let responses = responses.map(|(status, own)| (status.clone(), method_responses::shown(own.clone())));
    Method {
        http_method: Some(method.http_method.clone()),
        authorization_type: Some(method.authorization_type.clone()),
        authorizer_id: method.authorizer_id.clone(),
        api_key_required: Some(method.api_key_required),
        request_validator_id: method.request_validator_id.clone(),
        operation_name: method.operation_name.clone(),
        request_parameters: render::filled(method.request_parameters.clone()),
        request_models: render::filled(method.request_models.clone()),
        method_responses: render::filled(responses.collect()),
        method_integration: method.method_integration.clone().map(integrations::shown),
        authorization_scopes: method.authorization_scopes.clone(),
    }
}
