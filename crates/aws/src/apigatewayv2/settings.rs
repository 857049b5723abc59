//! Settings as requests carry them.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::{
    ApiChange, AuthorizerChange, IntegrationChange, QuickCreate, RouteChange, StageChange, model,
};

pub(super) fn new_api(input: CreateApiRequest) -> ApiChange {
    ApiChange {
        name: Some(input.name),
        description: input.description,
        version: input.version,
        cors: input.cors_configuration.map(cors),
        disable_execute_api_endpoint: input.disable_execute_api_endpoint,
        route_selection_expression: input.route_selection_expression,
        quick: QuickCreate {
            target: input.target,
            route_key: input.route_key,
            credentials_arn: input.credentials_arn,
        },
    }
}

pub(super) fn api(input: UpdateApiRequest) -> ApiChange {
    ApiChange {
        name: input.name,
        description: input.description,
        version: input.version,
        cors: input.cors_configuration.map(cors),
        disable_execute_api_endpoint: input.disable_execute_api_endpoint,
        route_selection_expression: input.route_selection_expression,
        quick: QuickCreate {
            target: input.target,
            route_key: input.route_key,
            credentials_arn: input.credentials_arn,
        },
    }
}

fn cors(given: Cors) -> model::Cors {
    model::Cors {
        allow_credentials: given.allow_credentials,
        allow_headers: given.allow_headers,
        allow_methods: given.allow_methods,
        allow_origins: given.allow_origins,
        expose_headers: given.expose_headers,
        max_age: given.max_age,
    }
}

pub(super) fn new_route(input: &CreateRouteRequest) -> RouteChange {
    RouteChange {
        route_key: Some(input.route_key.clone()),
        target: input.target.clone(),
        authorization_type: input.authorization_type.clone(),
        authorizer_id: input.authorizer_id.clone(),
        authorization_scopes: input.authorization_scopes.clone(),
        api_key_required: input.api_key_required,
        operation_name: input.operation_name.clone(),
    }
}

pub(super) fn route(input: &UpdateRouteRequest) -> RouteChange {
    RouteChange {
        route_key: input.route_key.clone(),
        target: input.target.clone(),
        authorization_type: input.authorization_type.clone(),
        authorizer_id: input.authorizer_id.clone(),
        authorization_scopes: input.authorization_scopes.clone(),
        api_key_required: input.api_key_required,
        operation_name: input.operation_name.clone(),
    }
}

pub(super) fn new_integration(input: &CreateIntegrationRequest) -> IntegrationChange {
    IntegrationChange {
        integration_type: Some(input.integration_type.clone()),
        integration_method: input.integration_method.clone(),
        integration_uri: input.integration_uri.clone(),
        connection_type: input.connection_type.clone(),
        description: input.description.clone(),
        credentials_arn: input.credentials_arn.clone(),
        payload_format_version: input.payload_format_version.clone(),
        timeout_in_millis: input.timeout_in_millis,
        request_parameters: input.request_parameters.clone(),
        response_parameters: input.response_parameters.clone(),
        unsupported: unsupported(&[
            ("IntegrationSubtype", input.integration_subtype.is_some()),
            ("TlsConfig", input.tls_config.is_some()),
        ]),
    }
}

pub(super) fn integration(input: &UpdateIntegrationRequest) -> IntegrationChange {
    IntegrationChange {
        integration_type: input.integration_type.clone(),
        integration_method: input.integration_method.clone(),
        integration_uri: input.integration_uri.clone(),
        connection_type: input.connection_type.clone(),
        description: input.description.clone(),
        credentials_arn: input.credentials_arn.clone(),
        payload_format_version: input.payload_format_version.clone(),
        timeout_in_millis: input.timeout_in_millis,
        request_parameters: input.request_parameters.clone(),
        response_parameters: input.response_parameters.clone(),
        unsupported: unsupported(&[
            ("IntegrationSubtype", input.integration_subtype.is_some()),
            ("TlsConfig", input.tls_config.is_some()),
        ]),
    }
}

fn unsupported(given: &[(&'static str, bool)]) -> Option<&'static str> {
    given.iter().find(|(_, given)| *given).map(|(name, _)| *name)
}

pub(super) fn new_authorizer(input: &CreateAuthorizerRequest) -> AuthorizerChange {
    AuthorizerChange {
        name: Some(input.name.clone()),
        authorizer_type: Some(input.authorizer_type.clone()),
        authorizer_uri: input.authorizer_uri.clone(),
        authorizer_credentials_arn: input.authorizer_credentials_arn.clone(),
        identity_source: Some(input.identity_source.clone()),
        authorizer_result_ttl_in_seconds: input.authorizer_result_ttl_in_seconds,
        authorizer_payload_format_version: input.authorizer_payload_format_version.clone(),
        enable_simple_responses: input.enable_simple_responses,
        jwt: input.jwt_configuration.clone().map(jwt),
    }
}

pub(super) fn authorizer(input: &UpdateAuthorizerRequest) -> AuthorizerChange {
    AuthorizerChange {
        name: input.name.clone(),
        authorizer_type: input.authorizer_type.clone(),
        authorizer_uri: input.authorizer_uri.clone(),
        authorizer_credentials_arn: input.authorizer_credentials_arn.clone(),
        identity_source: input.identity_source.clone(),
        authorizer_result_ttl_in_seconds: input.authorizer_result_ttl_in_seconds,
        authorizer_payload_format_version: input.authorizer_payload_format_version.clone(),
        enable_simple_responses: input.enable_simple_responses,
        jwt: input.jwt_configuration.clone().map(jwt),
    }
}

fn jwt(given: JWTConfiguration) -> model::Jwt {
    model::Jwt { audience: given.audience.unwrap_or_default(), issuer: given.issuer.unwrap_or_default() }
}

pub(super) fn new_stage(input: &CreateStageRequest) -> StageChange {
    StageChange {
        description: input.description.clone(),
        deployment_id: input.deployment_id.clone(),
        auto_deploy: input.auto_deploy,
        stage_variables: input.stage_variables.clone(),
        default_route_settings: input.default_route_settings.as_ref().map(route_settings),
        route_settings: input.route_settings.as_ref().map(all_route_settings),
        access_log: input.access_log_settings.clone().map(access_log),
        client_certificate_id: input.client_certificate_id.clone(),
        tags: input.tags.clone().unwrap_or_default(),
    }
}

pub(super) fn stage(input: &UpdateStageRequest) -> StageChange {
    StageChange {
        description: input.description.clone(),
        deployment_id: input.deployment_id.clone(),
        auto_deploy: input.auto_deploy,
        stage_variables: input.stage_variables.clone(),
        default_route_settings: input.default_route_settings.as_ref().map(route_settings),
        route_settings: input.route_settings.as_ref().map(all_route_settings),
        access_log: input.access_log_settings.clone().map(access_log),
        client_certificate_id: input.client_certificate_id.clone(),
        tags: model::Texts::new(),
    }
}

fn access_log(given: AccessLogSettings) -> model::AccessLog {
    model::AccessLog { destination_arn: given.destination_arn, format: given.format }
}

fn all_route_settings(
    given: &std::collections::BTreeMap<String, RouteSettings>,
) -> std::collections::BTreeMap<String, model::RouteSettings> {
    given.iter().map(|(key, settings)| (key.clone(), route_settings(settings))).collect()
}

fn route_settings(given: &RouteSettings) -> model::RouteSettings {
    model::RouteSettings {
        detailed_metrics_enabled: given.detailed_metrics_enabled.unwrap_or(false),
        throttling_burst_limit: given.throttling_burst_limit,
        throttling_rate_limit: given.throttling_rate_limit,
    }
}
