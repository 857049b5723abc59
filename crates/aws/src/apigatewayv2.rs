//! Amazon API Gateway v2 (HTTP APIs): one file an operation below; here only which is which.

mod create_api;
mod create_authorizer;
mod create_deployment;
mod create_integration;
mod create_route;
mod create_stage;
mod delete_access_log_settings;
mod delete_api;
mod delete_authorizer;
mod delete_cors_configuration;
mod delete_deployment;
mod delete_integration;
mod delete_route;
mod delete_route_settings;
mod delete_stage;
mod get_api;
mod get_apis;
mod get_authorizer;
mod get_authorizers;
mod get_deployment;
mod get_deployments;
mod get_integration;
mod get_integrations;
mod get_route;
mod get_routes;
mod get_stage;
mod get_stages;
mod get_tags;
mod render;
mod reset_authorizers_cache;
mod settings;
mod tag_resource;
mod untag_resource;
mod update_api;
mod update_authorizer;
mod update_deployment;
mod update_integration;
mod update_route;
mod update_stage;

use tinderbox_aws_model_apigatewayv2::{ApiGatewayV2, types::*};
use tinderbox_gateway::http_api::HttpApis;
use tinderbox_wire::{Context, Result, async_trait};

/// The operations of API Gateway v2 over the HTTP APIs.
#[derive(Clone, Debug)]
pub struct ApiGatewayV2Handlers {
    apis: HttpApis,
}

impl ApiGatewayV2Handlers {
    /// Handlers that work on `apis`.
    pub fn new(apis: HttpApis) -> Self {
        Self { apis }
    }
}

/// Forwards each operation to the function of its file.
macro_rules! forward {
    ($($operation:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait]
        impl ApiGatewayV2 for ApiGatewayV2Handlers {
            $(async fn $operation(&self, cx: &mut Context, input: $input) -> Result<$output> {
                $operation::$operation(&self.apis, cx, input).await
            })*
        }
    };
}

forward! {
    create_api(CreateApiRequest) -> CreateApiResponse;
    create_authorizer(CreateAuthorizerRequest) -> CreateAuthorizerResponse;
    create_deployment(CreateDeploymentRequest) -> CreateDeploymentResponse;
    create_integration(CreateIntegrationRequest) -> CreateIntegrationResult;
    create_route(CreateRouteRequest) -> CreateRouteResult;
    create_stage(CreateStageRequest) -> CreateStageResponse;
    delete_access_log_settings(DeleteAccessLogSettingsRequest) -> ();
    delete_api(DeleteApiRequest) -> ();
    delete_authorizer(DeleteAuthorizerRequest) -> ();
    delete_cors_configuration(DeleteCorsConfigurationRequest) -> ();
    delete_deployment(DeleteDeploymentRequest) -> ();
    delete_integration(DeleteIntegrationRequest) -> ();
    delete_route(DeleteRouteRequest) -> ();
    delete_route_settings(DeleteRouteSettingsRequest) -> ();
    delete_stage(DeleteStageRequest) -> ();
    get_api(GetApiRequest) -> GetApiResponse;
    get_apis(GetApisRequest) -> GetApisResponse;
    get_authorizer(GetAuthorizerRequest) -> GetAuthorizerResponse;
    get_authorizers(GetAuthorizersRequest) -> GetAuthorizersResponse;
    get_deployment(GetDeploymentRequest) -> GetDeploymentResponse;
    get_deployments(GetDeploymentsRequest) -> GetDeploymentsResponse;
    get_integration(GetIntegrationRequest) -> GetIntegrationResult;
    get_integrations(GetIntegrationsRequest) -> GetIntegrationsResponse;
    get_route(GetRouteRequest) -> GetRouteResult;
    get_routes(GetRoutesRequest) -> GetRoutesResponse;
    get_stage(GetStageRequest) -> GetStageResponse;
    get_stages(GetStagesRequest) -> GetStagesResponse;
    get_tags(GetTagsRequest) -> GetTagsResponse;
    reset_authorizers_cache(ResetAuthorizersCacheRequest) -> ();
    tag_resource(TagResourceRequest) -> TagResourceResponse;
    untag_resource(UntagResourceRequest) -> ();
    update_api(UpdateApiRequest) -> UpdateApiResponse;
    update_authorizer(UpdateAuthorizerRequest) -> UpdateAuthorizerResponse;
    update_deployment(UpdateDeploymentRequest) -> UpdateDeploymentResponse;
    update_integration(UpdateIntegrationRequest) -> UpdateIntegrationResult;
    update_route(UpdateRouteRequest) -> UpdateRouteResult;
    update_stage(UpdateStageRequest) -> UpdateStageResponse;
}
