//! REST APIs.

use super::{absent, render};
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{
    self, NewApi,
    model::{Endpoint, Settings},
};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_rest_api(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateRestApiRequest,
) -> Result<RestApi> {
    absent::check(&[
        ("cloneFrom", input.clone_from.is_some()),
        ("security policies", input.security_policy.is_some()),
        ("endpoint access modes", input.endpoint_access_mode.is_some()),
        (
            "private endpoints in VPCs",
            input.endpoint_configuration.as_ref().is_some_and(|e| e.vpc_endpoint_ids.is_some()),
        ),
    ])?;
    let endpoint = input.endpoint_configuration.map(|given| {
        let usual = given.types.filter(|types| !types.is_empty()).map(Endpoint::of).unwrap_or_default();
        Endpoint { ip_address_type: given.ip_address_type.unwrap_or(usual.ip_address_type), ..usual }
    });
    let new = NewApi {
        name: input.name,
        description: input.description,
        version: input.version,
        binary_media_types: input.binary_media_types.unwrap_or_default(),
        minimum_compression_size: input.minimum_compression_size,
        api_key_source: input.api_key_source,
        endpoint,
        disable_execute_api_endpoint: input.disable_execute_api_endpoint.unwrap_or(false),
        policy: input.policy,
        tags: input.tags.unwrap_or_default(),
    };
    Ok(shown(apis.create_api(&cx.caller, new).await?))
}

pub(super) async fn get_rest_api(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetRestApiRequest,
) -> Result<RestApi> {
    Ok(shown(apis.get_api(&cx.caller, &input.rest_api_id)?))
}

pub(super) async fn get_rest_apis(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetRestApisRequest,
) -> Result<RestApis> {
    let page = apis.list_apis(&cx.caller, &render::page(input.position, input.limit))?;
    let (items, position) = page.map(shown);
    Ok(RestApis { items: Some(items), position })
}

pub(super) async fn update_rest_api(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateRestApiRequest,
) -> Result<RestApi> {
    let operations = render::patches(input.patch_operations);
    Ok(shown(apis.update_api(&cx.caller, &input.rest_api_id, operations).await?))
}

pub(super) async fn delete_rest_api(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteRestApiRequest,
) -> Result<()> {
    Ok(apis.delete_api(&cx.caller, &input.rest_api_id).await?)
}

fn shown(settings: Settings) -> RestApi {
    RestApi {
        id: Some(settings.id),
        name: Some(settings.name),
        description: settings.description,
        created_date: Some(render::seconds(settings.created_date)),
        version: settings.version,
        binary_media_types: Some(settings.binary_media_types).filter(|types| !types.is_empty()),
        minimum_compression_size: settings.minimum_compression_size,
        api_key_source: Some(settings.api_key_source.unwrap_or_else(|| ApiKeySourceType::HEADER.into())),
        endpoint_configuration: Some(EndpointConfiguration {
            types: Some(settings.endpoint_configuration.types),
            ip_address_type: Some(settings.endpoint_configuration.ip_address_type),
            vpc_endpoint_ids: None,
        }),
        policy: settings.policy.as_deref().map(escaped),
        tags: render::filled(settings.tags),
        disable_execute_api_endpoint: Some(settings.disable_execute_api_endpoint),
        root_resource_id: Some(settings.root_resource_id),
        ..RestApi::default()
    }
}

/// A policy as the service shows it: its quotes escaped once more, which tools undo.
fn escaped(policy: &str) -> String {
    let quoted = serde_json::Value::from(policy).to_string();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().to_owned()
}
