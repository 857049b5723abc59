//! Request validators.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_request_validator(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateRequestValidatorRequest,
) -> Result<RequestValidator> {
    let new = model::RequestValidator {
        id: String::new(),
        name: input.name.unwrap_or_default(),
        validate_request_body: input.validate_request_body.unwrap_or(false),
        validate_request_parameters: input.validate_request_parameters.unwrap_or(false),
    };
    Ok(shown(apis.create_validator(&cx.caller, &input.rest_api_id, new).await?))
}

pub(super) async fn get_request_validator(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetRequestValidatorRequest,
) -> Result<RequestValidator> {
    Ok(shown(apis.get_validator(&cx.caller, &input.rest_api_id, &input.request_validator_id)?))
}

pub(super) async fn get_request_validators(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetRequestValidatorsRequest,
) -> Result<RequestValidators> {
    let page = render::page(input.position, input.limit);
    let (items, position) = apis.list_validators(&cx.caller, &input.rest_api_id, &page)?.map(shown);
    Ok(RequestValidators { items: Some(items), position })
}

pub(super) async fn update_request_validator(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateRequestValidatorRequest,
) -> Result<RequestValidator> {
    let operations = render::patches(input.patch_operations);
    let (api, id) = (&input.rest_api_id, input.request_validator_id);
    Ok(shown(apis.update_validator(&cx.caller, api, id, operations).await?))
}

pub(super) async fn delete_request_validator(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteRequestValidatorRequest,
) -> Result<()> {
    Ok(apis.delete_validator(&cx.caller, &input.rest_api_id, input.request_validator_id).await?)
}

fn shown(own: model::RequestValidator) -> RequestValidator {
    RequestValidator {
        id: Some(own.id),
        name: Some(own.name),
        validate_request_body: Some(own.validate_request_body),
        validate_request_parameters: Some(own.validate_request_parameters),
    }
}
