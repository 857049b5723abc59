//! AWS Lambda: one file an operation below; here only which is which.

mod add_permission;
mod create_alias;
mod create_function;
mod create_function_url_config;
mod delete_alias;
mod delete_function;
mod delete_function_concurrency;
mod delete_function_event_invoke_config;
mod delete_function_url_config;
mod function_url;
mod get_account_settings;
mod get_alias;
mod get_function;
mod get_function_code_signing_config;
mod get_function_concurrency;
mod get_function_configuration;
mod get_function_event_invoke_config;
mod get_function_recursion_config;
mod get_function_url_config;
mod get_policy;
mod get_provisioned_concurrency_config;
mod invoke;
mod invoke_with_response_stream;
mod list_aliases;
mod list_code_signing_configs;
mod list_event_source_mappings;
mod list_function_event_invoke_configs;
mod list_function_url_configs;
mod list_functions;
mod list_layer_versions;
mod list_layers;
mod list_provisioned_concurrency_configs;
mod list_tags;
mod list_versions_by_function;
mod publish_version;
mod put_function_concurrency;
mod put_function_event_invoke_config;
mod remove_permission;
mod render;
mod settings;
mod tag_resource;
mod untag_resource;
mod update_alias;
mod update_function_code;
mod update_function_configuration;
mod update_function_event_invoke_config;
mod update_function_url_config;

use std::sync::Arc;
use tinderbox_aws_model_lambda::{Lambda, types::*};
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result, async_trait};

/// The operations of Lambda over the functions.
#[derive(Clone)]
pub struct LambdaHandlers {
    functions: Arc<Functions>,
}

impl LambdaHandlers {
    /// Handlers that work on `functions`.
    pub fn new(functions: Arc<Functions>) -> Self {
        Self { functions }
    }
}

/// Forwards each operation to the function of its file.
macro_rules! forward {
    ($($operation:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait]
        impl Lambda for LambdaHandlers {
            $(async fn $operation(&self, cx: &mut Context, input: $input) -> Result<$output> {
                $operation::$operation(&self.functions, cx, input).await
            })*
        }
    };
}

forward! {
    add_permission(AddPermissionRequest) -> AddPermissionResponse;
    create_alias(CreateAliasRequest) -> AliasConfiguration;
    create_function(CreateFunctionRequest) -> FunctionConfiguration;
    delete_alias(DeleteAliasRequest) -> ();
    delete_function(DeleteFunctionRequest) -> DeleteFunctionResponse;
    delete_function_concurrency(DeleteFunctionConcurrencyRequest) -> ();
    delete_function_event_invoke_config(DeleteFunctionEventInvokeConfigRequest) -> ();
    get_account_settings(GetAccountSettingsRequest) -> GetAccountSettingsResponse;
    get_alias(GetAliasRequest) -> AliasConfiguration;
    get_function(GetFunctionRequest) -> GetFunctionResponse;
    get_function_code_signing_config(GetFunctionCodeSigningConfigRequest)
        -> GetFunctionCodeSigningConfigResponse;
    get_function_concurrency(GetFunctionConcurrencyRequest) -> GetFunctionConcurrencyResponse;
    get_function_configuration(GetFunctionConfigurationRequest) -> FunctionConfiguration;
    get_function_event_invoke_config(GetFunctionEventInvokeConfigRequest) -> FunctionEventInvokeConfig;
    get_function_recursion_config(GetFunctionRecursionConfigRequest) -> GetFunctionRecursionConfigResponse;
    get_policy(GetPolicyRequest) -> GetPolicyResponse;
    invoke(InvocationRequest) -> InvocationResponse;
    invoke_with_response_stream(InvokeWithResponseStreamRequest) -> InvokeWithResponseStreamResponse;
    list_aliases(ListAliasesRequest) -> ListAliasesResponse;
    list_function_event_invoke_configs(ListFunctionEventInvokeConfigsRequest) -> ListFunctionEventInvokeConfigsResponse;
    list_functions(ListFunctionsRequest) -> ListFunctionsResponse;
    get_provisioned_concurrency_config(GetProvisionedConcurrencyConfigRequest) -> GetProvisionedConcurrencyConfigResponse;
    list_code_signing_configs(ListCodeSigningConfigsRequest) -> ListCodeSigningConfigsResponse;
    list_event_source_mappings(ListEventSourceMappingsRequest) -> ListEventSourceMappingsResponse;
    list_layer_versions(ListLayerVersionsRequest) -> ListLayerVersionsResponse;
    list_layers(ListLayersRequest) -> ListLayersResponse;
    list_provisioned_concurrency_configs(ListProvisionedConcurrencyConfigsRequest) -> ListProvisionedConcurrencyConfigsResponse;
    list_tags(ListTagsRequest) -> ListTagsResponse;
    list_versions_by_function(ListVersionsByFunctionRequest) -> ListVersionsByFunctionResponse;
    publish_version(PublishVersionRequest) -> FunctionConfiguration;
    put_function_concurrency(PutFunctionConcurrencyRequest) -> Concurrency;
    put_function_event_invoke_config(PutFunctionEventInvokeConfigRequest) -> FunctionEventInvokeConfig;
    remove_permission(RemovePermissionRequest) -> ();
    tag_resource(TagResourceRequest) -> ();
    untag_resource(UntagResourceRequest) -> ();
    update_alias(UpdateAliasRequest) -> AliasConfiguration;
    update_function_code(UpdateFunctionCodeRequest) -> FunctionConfiguration;
    create_function_url_config(CreateFunctionUrlConfigRequest) -> CreateFunctionUrlConfigResponse;
    delete_function_url_config(DeleteFunctionUrlConfigRequest) -> ();
    get_function_url_config(GetFunctionUrlConfigRequest) -> GetFunctionUrlConfigResponse;
    list_function_url_configs(ListFunctionUrlConfigsRequest) -> ListFunctionUrlConfigsResponse;
    update_function_url_config(UpdateFunctionUrlConfigRequest) -> UpdateFunctionUrlConfigResponse;
    update_function_configuration(UpdateFunctionConfigurationRequest) -> FunctionConfiguration;
    update_function_event_invoke_config(UpdateFunctionEventInvokeConfigRequest) -> FunctionEventInvokeConfig;
}
