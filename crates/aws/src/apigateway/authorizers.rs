//! Authorizers.

use super::render;
use tinderbox_aws_model_apigateway::types::*;
use tinderbox_gateway::rest_api::{self, model};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_authorizer(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: CreateAuthorizerRequest,
) -> Result<Authorizer> {
    let new = model::Authorizer {
        id: String::new(),
        name: input.name,
        kind: input.r#type,
        auth_type: input.auth_type,
        authorizer_uri: input.authorizer_uri.unwrap_or_default(),
        authorizer_credentials: input.authorizer_credentials,
        identity_source: input.identity_source,
        identity_validation_expression: input.identity_validation_expression,
        authorizer_result_ttl_in_seconds: input.authorizer_result_ttl_in_seconds,
    };
    Ok(shown(apis.create_authorizer(&cx.caller, &input.rest_api_id, new).await?))
}

pub(super) async fn get_authorizer(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetAuthorizerRequest,
) -> Result<Authorizer> {
    Ok(shown(apis.get_authorizer(&cx.caller, &input.rest_api_id, &input.authorizer_id)?))
}

pub(super) async fn get_authorizers(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: GetAuthorizersRequest,
) -> Result<Authorizers> {
    let page = render::page(input.position, input.limit);
    let (items, position) = apis.list_authorizers(&cx.caller, &input.rest_api_id, &page)?.map(shown);
    Ok(Authorizers { items: Some(items), position })
}

pub(super) async fn update_authorizer(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: UpdateAuthorizerRequest,
) -> Result<Authorizer> {
    let operations = render::patches(input.patch_operations);
    let (api, id) = (&input.rest_api_id, input.authorizer_id);
    Ok(shown(apis.update_authorizer(&cx.caller, api, id, operations).await?))
}

pub(super) async fn delete_authorizer(
    apis: &rest_api::RestApis,
    cx: &mut Context,
    input: DeleteAuthorizerRequest,
) -> Result<()> {
    Ok(apis.delete_authorizer(&cx.caller, &input.rest_api_id, input.authorizer_id).await?)
}

/// Seconds that are shown where nothing is set (API Gateway API, `authorizerResultTtlInSeconds`).
const DEFAULT_TTL: i64 = 300;

fn shown(authorizer: model::Authorizer) -> Authorizer {
    let ttl = authorizer.authorizer_result_ttl_in_seconds.unwrap_or(DEFAULT_TTL);
    Authorizer {
        id: Some(authorizer.id),
        name: Some(authorizer.name),
        r#type: Some(authorizer.kind),
        auth_type: Some(authorizer.auth_type.unwrap_or_else(|| "custom".into())),
        authorizer_uri: Some(authorizer.authorizer_uri),
        authorizer_credentials: authorizer.authorizer_credentials,
        identity_source: authorizer.identity_source,
        identity_validation_expression: authorizer.identity_validation_expression,
        authorizer_result_ttl_in_seconds: Some(ttl),
        provider_ar_ns: None,
    }
}
