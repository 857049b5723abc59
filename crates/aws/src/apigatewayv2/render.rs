//! What HTTP APIs are made of, as the API shows it.

use tinderbox_aws_model_apigatewayv2::types::*;
use tinderbox_gateway::http_api::model;
use tinderbox_wire::Context;

/// The same members in another of the model's types: each operation has one of its own.
pub(super) trait Same<T> {
    fn same(self) -> T;
}

/// Says that types have the same members; the last ones are optional in the types of operations.
macro_rules! same {
    ($from:ident => $($to:ident),+; $($member:ident),*; $($optional:ident),*) => {
        same! { @each $from; [$($to),+]; [$($member),*]; [$($optional),*] }
    };
    (@each $from:ident; [$($to:ident),+]; $members:tt; $optional:tt) => {
        $(same! { @one $from => $to; $members; $optional })+
    };
    (@one $from:ident => $to:ident; [$($member:ident),*]; [$($optional:ident),*]) => {
        impl Same<$to> for $from {
            fn same(self) -> $to {
                $to { $($member: self.$member,)* $($optional: Some(self.$optional),)* }
            }
        }
    };
}

same! {
    Api => CreateApiResponse, GetApiResponse, UpdateApiResponse;
    api_endpoint, api_gateway_managed, api_id, api_key_selection_expression, cors_configuration, created_date, description, disable_schema_validation, disable_execute_api_endpoint, import_info, ip_address_type, tags, version, warnings;
    name, protocol_type, route_selection_expression
}
same! {
    Route => CreateRouteResult, GetRouteResult, UpdateRouteResult;
    api_gateway_managed, api_key_required, authorization_scopes, authorization_type, authorizer_id, model_selection_expression, operation_name, request_models, request_parameters, route_id, route_response_selection_expression, target;
    route_key
}
same! {
    Integration => CreateIntegrationResult, GetIntegrationResult, UpdateIntegrationResult;
    api_gateway_managed, connection_id, connection_type, content_handling_strategy, credentials_arn, description, integration_id, integration_method, integration_response_selection_expression, integration_subtype, integration_type, integration_uri, passthrough_behavior, payload_format_version, request_parameters, request_templates, response_parameters, template_selection_expression, timeout_in_millis, tls_config;

}
same! {
    Authorizer => CreateAuthorizerResponse, GetAuthorizerResponse, UpdateAuthorizerResponse;
    authorizer_credentials_arn, authorizer_id, authorizer_payload_format_version, authorizer_result_ttl_in_seconds, authorizer_type, authorizer_uri, enable_simple_responses, identity_source, identity_validation_expression, jwt_configuration;
    name
}
same! {
    Deployment => CreateDeploymentResponse, GetDeploymentResponse, UpdateDeploymentResponse;
    auto_deployed, created_date, deployment_id, deployment_status, deployment_status_message, description;

}
same! {
    Stage => CreateStageResponse, GetStageResponse, UpdateStageResponse;
    access_log_settings, api_gateway_managed, auto_deploy, client_certificate_id, created_date, default_route_settings, deployment_id, description, last_deployment_status_message, last_updated_date, route_settings, stage_variables, tags;
    stage_name
}

/// An API, with the address that it is reached at from where the caller is.
pub(super) fn api(own: model::Settings, cx: &Context) -> Api {
    let endpoint = endpoint(&own.id, cx);
    Api {
        api_endpoint: Some(endpoint),
        api_gateway_managed: None,
        api_id: Some(own.id),
        api_key_selection_expression: Some("$request.header.x-api-key".into()),
        cors_configuration: own.cors.map(cors),
        created_date: Some(own.created_date),
        description: own.description,
        disable_schema_validation: None,
        disable_execute_api_endpoint: Some(own.disable_execute_api_endpoint),
        import_info: None,
        ip_address_type: Some(IpAddressType::IPV4.into()),
        name: own.name,
        protocol_type: ProtocolType::HTTP.into(),
        route_selection_expression: "$request.method $request.path".into(),
        tags: Some(own.tags),
        version: own.version,
        warnings: None,
    }
}

/// `http://API.execute-api.localhost:PORT`, and AWS's own name where the caller reached us by one of those.
fn endpoint(id: &str, cx: &Context) -> String {
    let (scheme, host) = cx.endpoint.split_once("://").unwrap_or(("http", &cx.endpoint));
    let (name, port) =
        host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).unwrap_or((host, ""));
    if name.ends_with(".amazonaws.com") {
        return format!("{scheme}://{id}.execute-api.{}.amazonaws.com", cx.caller.region);
    }
    let colon = if port.is_empty() { "" } else { ":" };
    format!("{scheme}://{id}.execute-api.localhost{colon}{port}")
}

fn cors(own: model::Cors) -> Cors {
    Cors {
        allow_credentials: own.allow_credentials,
        allow_headers: own.allow_headers,
        allow_methods: own.allow_methods,
        allow_origins: own.allow_origins,
        expose_headers: own.expose_headers,
        max_age: own.max_age,
    }
}

/// A route.
pub(super) fn route(own: model::Route) -> Route {
    let scopes = own.authorization_scopes;
    Route {
        api_gateway_managed: own.managed.then_some(true),
        api_key_required: Some(own.api_key_required),
        authorization_scopes: (!scopes.is_empty()).then_some(scopes),
        authorization_type: Some(own.authorization_type),
        authorizer_id: own.authorizer_id,
        operation_name: own.operation_name,
        route_id: Some(own.id),
        route_key: own.route_key,
        target: own.target,
        ..Route::default()
    }
}

/// An integration.
pub(super) fn integration(own: model::Integration) -> Integration {
    Integration {
        api_gateway_managed: own.managed.then_some(true),
        connection_type: Some(own.connection_type),
        credentials_arn: own.credentials_arn,
        description: own.description,
        integration_id: Some(own.id),
        integration_method: own.integration_method,
        integration_type: Some(own.integration_type),
        integration_uri: own.integration_uri,
        payload_format_version: Some(own.payload_format_version),
        request_parameters: (!own.request_parameters.is_empty()).then_some(own.request_parameters),
        response_parameters: (!own.response_parameters.is_empty()).then_some(own.response_parameters),
        timeout_in_millis: Some(own.timeout_in_millis),
        ..Integration::default()
    }
}

/// An authorizer.
pub(super) fn authorizer(own: model::Authorizer) -> Authorizer {
    let jwt = |jwt: model::Jwt| JWTConfiguration { audience: Some(jwt.audience), issuer: Some(jwt.issuer) };
    Authorizer {
        authorizer_credentials_arn: own.authorizer_credentials_arn,
        authorizer_id: Some(own.id),
        authorizer_payload_format_version: own.authorizer_payload_format_version,
        authorizer_result_ttl_in_seconds: own.authorizer_result_ttl_in_seconds,
        authorizer_type: Some(own.authorizer_type),
        authorizer_uri: own.authorizer_uri,
        enable_simple_responses: own.enable_simple_responses,
        identity_source: Some(own.identity_source),
        identity_validation_expression: None,
        jwt_configuration: own.jwt.map(jwt),
        name: own.name,
    }
}

/// A deployment.
pub(super) fn deployment(own: &model::Deployment) -> Deployment {
    Deployment {
        auto_deployed: Some(own.auto_deployed),
        created_date: Some(own.created_date),
        deployment_id: Some(own.id.clone()),
        deployment_status: Some(DeploymentStatus::DEPLOYED.into()),
        deployment_status_message: None,
        description: own.description.clone(),
    }
}

/// A stage.
pub(super) fn stage(own: model::Stage) -> Stage {
    let log = |log: model::AccessLog| AccessLogSettings {
        destination_arn: log.destination_arn,
        format: log.format,
    };
    let routes = own.route_settings.into_iter().map(|(key, settings)| (key, route_settings(settings)));
    Stage {
        access_log_settings: own.access_log.map(log),
        api_gateway_managed: own.managed.then_some(true),
        auto_deploy: Some(own.auto_deploy),
        client_certificate_id: own.client_certificate_id,
        created_date: Some(own.created_date),
        default_route_settings: Some(route_settings(own.default_route_settings)),
        deployment_id: own.deployment_id,
        description: own.description,
        last_deployment_status_message: own.last_deployment_status_message,
        last_updated_date: Some(own.last_updated_date),
        route_settings: Some(routes.collect()),
        stage_name: own.stage_name,
        stage_variables: Some(own.stage_variables),
        tags: Some(own.tags),
    }
}

fn route_settings(own: model::RouteSettings) -> RouteSettings {
    RouteSettings {
        detailed_metrics_enabled: Some(own.detailed_metrics_enabled),
        throttling_burst_limit: own.throttling_burst_limit,
        throttling_rate_limit: own.throttling_rate_limit,
        ..RouteSettings::default()
    }
}
