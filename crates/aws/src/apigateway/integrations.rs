//! Integrations.

use super::{absent, integration_responses, render};
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_base::Error;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn put_integration(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: PutIntegrationRequest,
) -> Result<Integration> {
    absent::check(&[("integration targets in VPCs", input.integration_target.is_some())])?;
    let kind = model::IntegrationKind::of(&input.r#type);
    let integration = model::Integration {
        kind: kind.ok_or_else(|| Error::invalid("Invalid integration type specified"))?,
        http_method: input.integration_http_method,
        uri: input.uri,
        connection_type: input.connection_type,
        connection_id: input.connection_id,
        credentials: input.credentials,
        request_parameters: input.request_parameters.unwrap_or_default(),
        request_templates: input.request_templates.unwrap_or_default(),
        passthrough_behavior: input.passthrough_behavior.unwrap_or_else(|| "WHEN_NO_MATCH".into()),
        content_handling: input.content_handling,
        timeout_in_millis: input.timeout_in_millis,
        cache_namespace: input.cache_namespace.unwrap_or_else(|| input.resource_id.clone()),
        cache_key_parameters: input.cache_key_parameters.unwrap_or_default(),
        response_transfer_mode: input.response_transfer_mode,
        tls_config: input.tls_config.map(|tls| model::TlsConfig {
            insecure_skip_verification: tls.insecure_skip_verification.unwrap_or(false),
        }),
        ..model::Integration::default()
    };
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.put_integration(&cx.caller, name, integration).await?))
}

pub(super) async fn get_integration(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetIntegrationRequest,
) -> Result<Integration> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.get_integration(&cx.caller, &name)?))
}

pub(super) async fn update_integration(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateIntegrationRequest,
) -> Result<Integration> {
    let operations = render::patches(input.patch_operations);
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(shown(apis.update_integration(&cx.caller, name, operations).await?))
}

pub(super) async fn delete_integration(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteIntegrationRequest,
) -> Result<()> {
    let name = render::method(input.rest_api_id, input.resource_id, input.http_method);
    Ok(apis.delete_integration(&cx.caller, name).await?)
}

/// Milliseconds that are shown where nothing is set (API Gateway API, `timeoutInMillis`).
const DEFAULT_TIMEOUT: i64 = 29_000;

pub(super) fn shown(integration: model::Integration) -> Integration {
    let responses = integration.integration_responses.into_iter();
    let responses = responses.map(|(status, own)| (status, integration_responses::shown(own)));
    Integration {
        r#type: Some(integration.kind.as_str().into()),
        http_method: integration.http_method,
        uri: integration.uri,
        connection_type: integration.connection_type,
        connection_id: integration.connection_id,
        credentials: integration.credentials,
        request_parameters: render::filled(integration.request_parameters),
        request_templates: render::filled(integration.request_templates),
        passthrough_behavior: Some(integration.passthrough_behavior),
        content_handling: integration.content_handling,
        timeout_in_millis: Some(integration.timeout_in_millis.unwrap_or(DEFAULT_TIMEOUT)),
        cache_namespace: Some(integration.cache_namespace),
        cache_key_parameters: Some(integration.cache_key_parameters),
        integration_responses: render::filled(responses.collect()),
        response_transfer_mode: integration.response_transfer_mode,
        tls_config: integration
            .tls_config
            .map(|tls| TlsConfig { insecure_skip_verification: Some(tls.insecure_skip_verification) }),
        ..Integration::default()
    }
}
