//! Resources.

use super::{methods, render};
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_resource(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateResourceRequest,
) -> Result<Resource> {
    let made = apis.create_resource(&cx.caller, &input.rest_api_id, input.parent_id, input.path_part).await?;
    Ok(shown(&made, false))
}

pub(super) async fn get_resource(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetResourceRequest,
) -> Result<Resource> {
    let resource = apis.get_resource(&cx.caller, &input.rest_api_id, &input.resource_id)?;
    Ok(shown(&resource, embeds(input.embed.as_ref())))
}

pub(super) async fn get_resources(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetResourcesRequest,
) -> Result<Resources> {
    let page = render::page(input.position, input.limit);
    let page = apis.list_resources(&cx.caller, &input.rest_api_id, &page)?;
    let whole = embeds(input.embed.as_ref());
    let (items, position) = page.map(|resource| shown(&resource, whole));
    Ok(Resources { items: Some(items), position })
}

pub(super) async fn update_resource(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateResourceRequest,
) -> Result<Resource> {
    let operations = render::patches(input.patch_operations);
    let updated = apis.update_resource(&cx.caller, &input.rest_api_id, input.resource_id, operations).await?;
    Ok(shown(&updated, false))
}

pub(super) async fn delete_resource(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteResourceRequest,
) -> Result<()> {
    Ok(apis.delete_resource(&cx.caller, &input.rest_api_id, input.resource_id).await?)
}

fn embeds(embed: Option<&Vec<String>>) -> bool {
    embed.into_iter().flatten().any(|name| name == "methods")
}

/// A resource, with its methods whole or by their names alone.
fn shown(resource: &model::Resource, whole: bool) -> Resource {
    let method = |method: &model::Method| if whole { methods::shown(method) } else { Method::default() };
    let methods = resource.methods.iter().map(|(name, own)| (name.clone(), method(own)));
    Resource {
        id: Some(resource.id.clone()),
        parent_id: resource.parent_id.clone(),
        path_part: resource.path_part.clone(),
        path: Some(resource.path.clone()),
        resource_methods: render::filled(methods.collect()),
    }
}
