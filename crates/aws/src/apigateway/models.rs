//! Models of bodies.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_model(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateModelRequest,
) -> Result<Model> {
    let new = model::Model {
        id: String::new(),
        name: input.name,
        description: input.description,
        schema: input.schema,
        content_type: Some(input.content_type),
    };
    Ok(shown(apis.create_model(&cx.caller, &input.rest_api_id, new).await?))
}

pub(super) async fn get_model(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetModelRequest,
) -> Result<Model> {
    Ok(shown(apis.get_model(&cx.caller, &input.rest_api_id, &input.model_name)?))
}

pub(super) async fn get_model_template(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetModelTemplateRequest,
) -> Result<Template> {
    let value = apis.model_template(&cx.caller, &input.rest_api_id, &input.model_name)?;
    Ok(Template { value: Some(value) })
}

pub(super) async fn get_models(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetModelsRequest,
) -> Result<Models> {
    let page = render::page(input.position, input.limit);
    let (items, position) = apis.list_models(&cx.caller, &input.rest_api_id, &page)?.map(shown);
    Ok(Models { items: Some(items), position })
}

pub(super) async fn update_model(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateModelRequest,
) -> Result<Model> {
    let operations = render::patches(input.patch_operations);
    let (api, name) = (&input.rest_api_id, input.model_name);
    Ok(shown(apis.update_model(&cx.caller, api, name, operations).await?))
}

pub(super) async fn delete_model(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteModelRequest,
) -> Result<()> {
    Ok(apis.delete_model(&cx.caller, &input.rest_api_id, input.model_name).await?)
}

fn shown(own: model::Model) -> Model {
    Model {
        id: Some(own.id),
        name: Some(own.name),
        description: own.description,
        schema: own.schema,
        content_type: own.content_type,
    }
}
