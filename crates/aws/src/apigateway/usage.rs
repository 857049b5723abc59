//! What API keys used.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, GetUsage};
use tinderbox_wire::{Context, Result};

pub(super) async fn get_usage(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetUsageRequest,
) -> Result<Usage> {
    let wanted = GetUsage {
        plan: input.usage_plan_id,
        key: input.key_id,
        start: input.start_date,
        end: input.end_date,
    };
    Ok(shown(apis.usage(&cx.caller, wanted)?))
}

pub(super) async fn update_usage(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateUsageRequest,
) -> Result<Usage> {
    let operations = render::patches(input.patch_operations);
    Ok(shown(apis.update_usage(&cx.caller, input.usage_plan_id, input.key_id, operations).await?))
}

fn shown(usage: rest_api::Usage) -> Usage {
    let days = |days: Vec<(i64, i64)>| days.into_iter().map(|(used, left)| vec![used, left]).collect();
    Usage {
        usage_plan_id: Some(usage.plan),
        start_date: Some(usage.start),
        end_date: Some(usage.end),
        position: None,
        items: Some(usage.values.into_iter().map(|(key, values)| (key, days(values))).collect()),
    }
}
