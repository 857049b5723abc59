//! Usage plans.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_usage_plan(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateUsagePlanRequest,
) -> Result<UsagePlan> {
    let stages = input.api_stages.unwrap_or_default().into_iter().map(|stage| model::ApiStage {
        api_id: stage.api_id.unwrap_or_default(),
        stage: stage.stage.unwrap_or_default(),
        throttle: stage
            .throttle
            .unwrap_or_default()
            .iter()
            .map(|(name, own)| (name.clone(), throttle(own)))
            .collect(),
    });
    let new = model::UsagePlan {
        name: input.name,
        description: input.description,
        api_stages: stages.collect(),
        throttle: input.throttle.as_ref().map(throttle),
        quota: input.quota.map(|quota| model::Quota {
            limit: quota.limit.unwrap_or(0),
            offset: quota.offset.unwrap_or(0),
            period: quota.period.unwrap_or_default(),
        }),
        tags: input.tags.unwrap_or_default(),
        ..model::UsagePlan::default()
    };
    Ok(shown(&*apis.create_plan(&cx.caller, new).await?))
}

pub(super) async fn get_usage_plan(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetUsagePlanRequest,
) -> Result<UsagePlan> {
    Ok(shown(&*apis.get_plan(&cx.caller, &input.usage_plan_id)?))
}

pub(super) async fn get_usage_plans(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetUsagePlansRequest,
) -> Result<UsagePlans> {
    let page = render::page(input.position, input.limit);
    let (items, position) =
        apis.list_plans(&cx.caller, input.key_id.as_deref(), &page)?.map(|plan| shown(&plan));
    Ok(UsagePlans { items: Some(items), position })
}

pub(super) async fn update_usage_plan(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateUsagePlanRequest,
) -> Result<UsagePlan> {
    let operations = render::patches(input.patch_operations);
    Ok(shown(&*apis.update_plan(&cx.caller, input.usage_plan_id, operations).await?))
}

pub(super) async fn delete_usage_plan(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteUsagePlanRequest,
) -> Result<()> {
    Ok(apis.delete_plan(&cx.caller, input.usage_plan_id).await?)
}

fn throttle(given: &ThrottleSettings) -> model::Throttle {
    model::Throttle {
        burst_limit: given.burst_limit.unwrap_or(0),
        rate_limit: given.rate_limit.unwrap_or(0.0),
    }
}

fn settings(throttle: model::Throttle) -> ThrottleSettings {
    ThrottleSettings { burst_limit: Some(throttle.burst_limit), rate_limit: Some(throttle.rate_limit) }
}

fn shown(plan: &model::UsagePlan) -> UsagePlan {
    let stages = plan.api_stages.iter().map(|stage| ApiStage {
        api_id: Some(stage.api_id.clone()),
        stage: Some(stage.stage.clone()),
        throttle: render::filled(
            stage.throttle.iter().map(|(name, own)| (name.clone(), settings(*own))).collect(),
        ),
    });
    UsagePlan {
        id: Some(plan.id.clone()),
        name: Some(plan.name.clone()),
        description: plan.description.clone(),
        api_stages: Some(stages.collect()),
        throttle: plan.throttle.map(settings),
        quota: plan.quota.as_ref().map(|quota| QuotaSettings {
            limit: Some(quota.limit),
            offset: Some(quota.offset),
            period: Some(quota.period.clone()),
        }),
        product_code: plan.product_code.clone(),
        tags: render::filled(plan.tags.clone()),
    }
}
