//! Deployments.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, NewDeployment, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_deployment(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateDeploymentRequest,
) -> Result<Deployment> {
    let canary = input.canary_settings.map(|canary| model::Canary {
        percent_traffic: canary.percent_traffic.unwrap_or(0.0),
        deployment_id: None,
        stage_variable_overrides: canary.stage_variable_overrides.unwrap_or_default(),
        use_stage_cache: canary.use_stage_cache.unwrap_or(false),
    });
    let new = NewDeployment {
        description: input.description,
        stage: input.stage_name,
        stage_description: input.stage_description,
        variables: input.variables,
        canary,
        tracing_enabled: input.tracing_enabled,
        cache_cluster_enabled: input.cache_cluster_enabled,
        cache_cluster_size: input.cache_cluster_size,
    };
    Ok(shown(&*apis.create_deployment(&cx.caller, &input.rest_api_id, new).await?, false))
}

pub(super) async fn get_deployment(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetDeploymentRequest,
) -> Result<Deployment> {
    let deployment = apis.get_deployment(&cx.caller, &input.rest_api_id, &input.deployment_id)?;
    let summary = input.embed.into_iter().flatten().any(|name| name == "apisummary");
    Ok(shown(&deployment, summary))
}

pub(super) async fn get_deployments(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetDeploymentsRequest,
) -> Result<Deployments> {
    let page = render::page(input.position, input.limit);
    let page = apis.list_deployments(&cx.caller, &input.rest_api_id, &page)?;
    let (items, position) = page.map(|deployment| shown(&deployment, false));
    Ok(Deployments { items: Some(items), position })
}

pub(super) async fn update_deployment(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateDeploymentRequest,
) -> Result<Deployment> {
    let operations = render::patches(input.patch_operations);
    let updated =
        apis.update_deployment(&cx.caller, &input.rest_api_id, input.deployment_id, operations).await?;
    Ok(shown(&updated, false))
}

pub(super) async fn delete_deployment(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteDeploymentRequest,
) -> Result<()> {
    Ok(apis.delete_deployment(&cx.caller, &input.rest_api_id, input.deployment_id).await?)
}

fn shown(deployment: &model::Deployment, with_summary: bool) -> Deployment {
    Deployment {
        id: Some(deployment.id.clone()),
        description: deployment.description.clone(),
        created_date: Some(render::seconds(deployment.created_date)),
        api_summary: with_summary.then(|| {
            let resources = deployment.definition.resources.values();
            let resources = resources.filter(|resource| !resource.methods.is_empty());
            resources.map(|resource| (resource.path.clone(), methods(resource))).collect()
        }),
    }
}

fn methods(resource: &model::Resource) -> std::collections::BTreeMap<String, MethodSnapshot> {
    let methods = resource.methods.iter().map(|(name, method)| {
        let snapshot = MethodSnapshot {
            authorization_type: Some(method.authorization_type.clone()),
            api_key_required: Some(method.api_key_required),
        };
        (name.clone(), snapshot)
    });
    methods.collect()
}
