//! Stages.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_stage(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateStageRequest,
) -> Result<Stage> {
    let new = model::Stage {
        stage_name: input.stage_name,
        deployment_id: input.deployment_id,
        description: input.description,
        cache_cluster_enabled: input.cache_cluster_enabled.unwrap_or(false),
        cache_cluster_size: input.cache_cluster_size,
        variables: input.variables.unwrap_or_default(),
        documentation_version: input.documentation_version,
        canary_settings: input.canary_settings.map(|canary| model::Canary {
            percent_traffic: canary.percent_traffic.unwrap_or(0.0),
            deployment_id: canary.deployment_id,
            stage_variable_overrides: canary.stage_variable_overrides.unwrap_or_default(),
            use_stage_cache: canary.use_stage_cache.unwrap_or(false),
        }),
        tracing_enabled: input.tracing_enabled.unwrap_or(false),
        tags: input.tags.unwrap_or_default(),
        ..model::Stage::default()
    };
    Ok(shown(&*apis.create_stage(&cx.caller, &input.rest_api_id, new).await?))
}

pub(super) async fn get_stage(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetStageRequest,
) -> Result<Stage> {
    Ok(shown(&*apis.get_stage(&cx.caller, &input.rest_api_id, &input.stage_name)?))
}

pub(super) async fn get_stages(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetStagesRequest,
) -> Result<Stages> {
    let stages = apis.list_stages(&cx.caller, &input.rest_api_id, input.deployment_id.as_deref())?;
    Ok(Stages { item: Some(stages.iter().map(|stage| shown(stage)).collect()) })
}

pub(super) async fn update_stage(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateStageRequest,
) -> Result<Stage> {
    let operations = render::patches(input.patch_operations);
    let updated = apis.update_stage(&cx.caller, &input.rest_api_id, input.stage_name, operations).await?;
    Ok(shown(&updated))
}

pub(super) async fn delete_stage(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteStageRequest,
) -> Result<()> {
    Ok(apis.delete_stage(&cx.caller, &input.rest_api_id, input.stage_name).await?)
}

pub(super) async fn flush_stage_authorizers_cache(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: FlushStageAuthorizersCacheRequest,
) -> Result<()> {
    Ok(apis.flush_authorizers(&cx.caller, &input.rest_api_id, &input.stage_name)?)
}

pub(super) async fn flush_stage_cache(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: FlushStageCacheRequest,
) -> Result<()> {
    Ok(apis.flush_answers(&cx.caller, &input.rest_api_id, &input.stage_name)?)
}

fn shown(stage: &model::Stage) -> Stage {
    let settings = stage.method_settings.iter().map(|(name, own)| (name.clone(), setting(own)));
    Stage {
        deployment_id: Some(stage.deployment_id.clone()),
        client_certificate_id: stage.client_certificate_id.clone(),
        stage_name: Some(stage.stage_name.clone()),
        description: stage.description.clone(),
        cache_cluster_enabled: Some(stage.cache_cluster_enabled),
        cache_cluster_size: stage.cache_cluster_size.clone(),
        cache_cluster_status: Some(match stage.cache_cluster_enabled {
            true => CacheClusterStatus::AVAILABLE.into(),
            false => CacheClusterStatus::NOT_AVAILABLE.into(),
        }),
        method_settings: Some(settings.collect()),
        variables: render::filled(stage.variables.clone()),
        documentation_version: stage.documentation_version.clone(),
        access_log_settings: stage.access_log_settings.as_ref().map(|log| AccessLogSettings {
            format: log.format.clone(),
            destination_arn: log.destination_arn.clone(),
        }),
        canary_settings: stage.canary_settings.as_ref().map(|canary| CanarySettings {
            percent_traffic: Some(canary.percent_traffic),
            deployment_id: Some(canary.deployment_id.clone().unwrap_or_else(|| stage.deployment_id.clone())),
            stage_variable_overrides: render::filled(canary.stage_variable_overrides.clone()),
            use_stage_cache: Some(canary.use_stage_cache),
        }),
        tracing_enabled: Some(stage.tracing_enabled),
        tags: render::filled(stage.tags.clone()),
        created_date: Some(render::seconds(stage.created_date)),
        last_updated_date: Some(render::seconds(stage.last_updated_date)),
        ..Stage::default()
    }
}

/// What AWS shows where a stage sets no limit of its own: the account's.
const BURST: i64 = 5000;
const RATE: f64 = 10_000.0;

fn setting(setting: &model::MethodSetting) -> MethodSetting {
    MethodSetting {
        metrics_enabled: Some(setting.metrics_enabled),
        logging_level: setting.logging_level.clone(),
        data_trace_enabled: Some(setting.data_trace_enabled),
        throttling_burst_limit: Some(if setting.throttling_burst_limit < 0 {
            BURST
        } else {
            setting.throttling_burst_limit
        }),
        throttling_rate_limit: Some(if setting.throttling_rate_limit < 0.0 {
            RATE
        } else {
            setting.throttling_rate_limit
        }),
        caching_enabled: Some(setting.caching_enabled),
        cache_ttl_in_seconds: Some(setting.cache_ttl_in_seconds),
        cache_data_encrypted: Some(setting.cache_data_encrypted),
        require_authorization_for_cache_control: Some(setting.require_authorization_for_cache_control),
        unauthorized_cache_control_header_strategy: setting
            .unauthorized_cache_control_header_strategy
            .clone(),
    }
}
