//! API keys.

use super::{absent, render};
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, ListKeys, NewKey, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_api_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateApiKeyRequest,
) -> Result<ApiKey> {
    absent::check(&[("stage keys", input.stage_keys.is_some_and(|keys| !keys.is_empty()))])?;
    let new = NewKey {
        name: input.name,
        description: input.description,
        enabled: input.enabled.unwrap_or(false),
        value: input.value,
        customer_id: input.customer_id,
        tags: input.tags.unwrap_or_default(),
    };
    Ok(shown(&*apis.create_key(&cx.caller, new).await?, true))
}

pub(super) async fn get_api_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetApiKeyRequest,
) -> Result<ApiKey> {
    let key = apis.get_key(&cx.caller, &input.api_key)?;
    Ok(shown(&key, input.include_value.unwrap_or(false)))
}

pub(super) async fn get_api_keys(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetApiKeysRequest,
) -> Result<ApiKeys> {
    let page = render::page(input.position, input.limit);
    let list = ListKeys { name: input.name_query, customer_id: input.customer_id, page };
    let with_value = input.include_values.unwrap_or(false);
    let (items, position) = apis.list_keys(&cx.caller, &list)?.map(|key| shown(&key, with_value));
    Ok(ApiKeys { items: Some(items), position, warnings: None })
}

pub(super) async fn update_api_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateApiKeyRequest,
) -> Result<ApiKey> {
    let operations = render::patches(input.patch_operations);
    Ok(shown(&*apis.update_key(&cx.caller, input.api_key, operations).await?, false))
}

pub(super) async fn delete_api_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteApiKeyRequest,
) -> Result<()> {
    Ok(apis.delete_key(&cx.caller, input.api_key).await?)
}

fn shown(key: &model::ApiKey, with_value: bool) -> ApiKey {
    ApiKey {
        id: Some(key.id.clone()),
        value: with_value.then(|| key.value.clone()),
        name: key.name.clone(),
        customer_id: key.customer_id.clone(),
        description: key.description.clone(),
        enabled: Some(key.enabled),
        created_date: Some(render::seconds(key.created_date)),
        last_updated_date: Some(render::seconds(key.last_updated_date)),
        stage_keys: Some(Vec::new()),
        tags: render::filled(key.tags.clone()),
    }
}
