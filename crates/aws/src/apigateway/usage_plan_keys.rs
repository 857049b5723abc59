//! Keys of usage plans.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_usage_plan_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateUsagePlanKeyRequest,
) -> Result<UsagePlanKey> {
    let key = apis.add_key_to_plan(&cx.caller, input.usage_plan_id, input.key_id, &input.key_type).await?;
    Ok(shown(&key))
}

pub(super) async fn get_usage_plan_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetUsagePlanKeyRequest,
) -> Result<UsagePlanKey> {
    Ok(shown(&*apis.get_plan_key(&cx.caller, &input.usage_plan_id, &input.key_id)?))
}

pub(super) async fn get_usage_plan_keys(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetUsagePlanKeysRequest,
) -> Result<UsagePlanKeys> {
    let page = render::page(input.position, input.limit);
    let name = input.name_query.as_deref();
    let page = apis.list_plan_keys(&cx.caller, &input.usage_plan_id, name, &page)?;
    let (items, position) = page.map(|key| shown(&key));
    Ok(UsagePlanKeys { items: Some(items), position })
}

pub(super) async fn delete_usage_plan_key(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteUsagePlanKeyRequest,
) -> Result<()> {
    Ok(apis.remove_key_from_plan(&cx.caller, input.usage_plan_id, input.key_id).await?)
}

fn shown(key: &model::ApiKey) -> UsagePlanKey {
    UsagePlanKey {
        id: Some(key.id.clone()),
        r#type: Some("API_KEY".into()),
        value: Some(key.value.clone()),
        name: key.name.clone(),
    }
}
