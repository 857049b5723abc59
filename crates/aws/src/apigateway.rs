//! API Gateway's REST APIs: one file a noun below; here only which operation is where.

mod absent;
mod account;
mod api_keys;
mod authorizers;
mod deployments;
mod gateway_responses;
mod integration_responses;
mod integrations;
mod method_responses;
mod methods;
mod models;
mod render;
mod request_validators;
mod resources;
mod rest_apis;
mod stages;
mod tags;
mod test_invoke;
mod usage;
mod usage_plan_keys;
mod usage_plans;

use std::sync::Arc;
use tinderbox_aws_model_apigateway::{ApiGateway, types::*};
use tinderbox_gateway::rest_api;
use tinderbox_wire::{Context, Result, async_trait};

/// The operations of API Gateway over the REST APIs.
#[derive(Clone, Debug)]
pub struct ApiGatewayHandlers {
    apis: Arc<rest_api::RestApis>,
}

impl ApiGatewayHandlers {
    /// Handlers that work on `apis`.
    pub fn new(apis: Arc<rest_api::RestApis>) -> Self {
        Self { apis }
    }
}

/// Forwards each operation to the function in its noun's file.
macro_rules! forward {
    ($($noun:ident { $($operation:ident($input:ty) -> $output:ty;)* })*) => {
        #[async_trait]
        impl ApiGateway for ApiGatewayHandlers {
            $($(async fn $operation(&self, cx: &mut Context, input: $input) -> Result<$output> {
                $noun::$operation(&self.apis, cx, input).await
            })*)*
        }
    };
}

forward! {
    account {
        get_account(GetAccountRequest) -> Account;
        update_account(UpdateAccountRequest) -> Account;
    }
    api_keys {
        create_api_key(CreateApiKeyRequest) -> ApiKey;
        get_api_key(GetApiKeyRequest) -> ApiKey;
        get_api_keys(GetApiKeysRequest) -> ApiKeys;
        update_api_key(UpdateApiKeyRequest) -> ApiKey;
        delete_api_key(DeleteApiKeyRequest) -> ();
    }
    authorizers {
        create_authorizer(CreateAuthorizerRequest) -> Authorizer;
        get_authorizer(GetAuthorizerRequest) -> Authorizer;
        get_authorizers(GetAuthorizersRequest) -> Authorizers;
        update_authorizer(UpdateAuthorizerRequest) -> Authorizer;
        delete_authorizer(DeleteAuthorizerRequest) -> ();
    }
    deployments {
        create_deployment(CreateDeploymentRequest) -> Deployment;
        get_deployment(GetDeploymentRequest) -> Deployment;
        get_deployments(GetDeploymentsRequest) -> Deployments;
        update_deployment(UpdateDeploymentRequest) -> Deployment;
        delete_deployment(DeleteDeploymentRequest) -> ();
    }
    gateway_responses {
        put_gateway_response(PutGatewayResponseRequest) -> GatewayResponse;
        get_gateway_response(GetGatewayResponseRequest) -> GatewayResponse;
        get_gateway_responses(GetGatewayResponsesRequest) -> GatewayResponses;
        update_gateway_response(UpdateGatewayResponseRequest) -> GatewayResponse;
        delete_gateway_response(DeleteGatewayResponseRequest) -> ();
    }
    integration_responses {
        put_integration_response(PutIntegrationResponseRequest) -> IntegrationResponse;
        get_integration_response(GetIntegrationResponseRequest) -> IntegrationResponse;
        update_integration_response(UpdateIntegrationResponseRequest) -> IntegrationResponse;
        delete_integration_response(DeleteIntegrationResponseRequest) -> ();
    }
    integrations {
        put_integration(PutIntegrationRequest) -> Integration;
        get_integration(GetIntegrationRequest) -> Integration;
        update_integration(UpdateIntegrationRequest) -> Integration;
        delete_integration(DeleteIntegrationRequest) -> ();
    }
    method_responses {
        put_method_response(PutMethodResponseRequest) -> MethodResponse;
        get_method_response(GetMethodResponseRequest) -> MethodResponse;
        update_method_response(UpdateMethodResponseRequest) -> MethodResponse;
        delete_method_response(DeleteMethodResponseRequest) -> ();
    }
    methods {
        put_method(PutMethodRequest) -> Method;
        get_method(GetMethodRequest) -> Method;
        update_method(UpdateMethodRequest) -> Method;
        delete_method(DeleteMethodRequest) -> ();
    }
    models {
        create_model(CreateModelRequest) -> Model;
        get_model(GetModelRequest) -> Model;
        get_model_template(GetModelTemplateRequest) -> Template;
        get_models(GetModelsRequest) -> Models;
        update_model(UpdateModelRequest) -> Model;
        delete_model(DeleteModelRequest) -> ();
    }
    request_validators {
        create_request_validator(CreateRequestValidatorRequest) -> RequestValidator;
        get_request_validator(GetRequestValidatorRequest) -> RequestValidator;
        get_request_validators(GetRequestValidatorsRequest) -> RequestValidators;
        update_request_validator(UpdateRequestValidatorRequest) -> RequestValidator;
        delete_request_validator(DeleteRequestValidatorRequest) -> ();
    }
    resources {
        create_resource(CreateResourceRequest) -> Resource;
        get_resource(GetResourceRequest) -> Resource;
        get_resources(GetResourcesRequest) -> Resources;
        update_resource(UpdateResourceRequest) -> Resource;
        delete_resource(DeleteResourceRequest) -> ();
    }
    rest_apis {
        create_rest_api(CreateRestApiRequest) -> RestApi;
        get_rest_api(GetRestApiRequest) -> RestApi;
        get_rest_apis(GetRestApisRequest) -> RestApis;
        update_rest_api(UpdateRestApiRequest) -> RestApi;
        delete_rest_api(DeleteRestApiRequest) -> ();
    }
    stages {
        create_stage(CreateStageRequest) -> Stage;
        get_stage(GetStageRequest) -> Stage;
        get_stages(GetStagesRequest) -> Stages;
        update_stage(UpdateStageRequest) -> Stage;
        delete_stage(DeleteStageRequest) -> ();
        flush_stage_authorizers_cache(FlushStageAuthorizersCacheRequest) -> ();
        flush_stage_cache(FlushStageCacheRequest) -> ();
    }
    tags {
        tag_resource(TagResourceRequest) -> ();
        untag_resource(UntagResourceRequest) -> ();
        get_tags(GetTagsRequest) -> Tags;
    }
    test_invoke {
        test_invoke_authorizer(TestInvokeAuthorizerRequest) -> TestInvokeAuthorizerResponse;
        test_invoke_method(TestInvokeMethodRequest) -> TestInvokeMethodResponse;
    }
    usage {
        get_usage(GetUsageRequest) -> Usage;
        update_usage(UpdateUsageRequest) -> Usage;
    }
    usage_plan_keys {
        create_usage_plan_key(CreateUsagePlanKeyRequest) -> UsagePlanKey;
        get_usage_plan_key(GetUsagePlanKeyRequest) -> UsagePlanKey;
        get_usage_plan_keys(GetUsagePlanKeysRequest) -> UsagePlanKeys;
        delete_usage_plan_key(DeleteUsagePlanKeyRequest) -> ();
    }
    usage_plans {
        create_usage_plan(CreateUsagePlanRequest) -> UsagePlan;
        get_usage_plan(GetUsagePlanRequest) -> UsagePlan;
        get_usage_plans(GetUsagePlansRequest) -> UsagePlans;
        update_usage_plan(UpdateUsagePlanRequest) -> UsagePlan;
        delete_usage_plan(DeleteUsagePlanRequest) -> ();
    }
}
