//! CreateFunctionUrlConfig.

use super::function_url;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, UrlSettings};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_function_url_config(
    functions: &Functions,
    cx: &mut Context,
    input: CreateFunctionUrlConfigRequest,
) -> Result<CreateFunctionUrlConfigResponse> {
    let new = UrlSettings {
        function: input.function_name,
        qualifier: input.qualifier,
        auth_type: Some(input.auth_type),
        cors: input.cors.map(function_url::cors_settings),
        invoke_mode: input.invoke_mode,
    };
    let found = functions.create_url(&cx.caller, new).await?;
    let config = function_url::config(&found, cx);
    Ok(CreateFunctionUrlConfigResponse {
        function_url: config.function_url,
        function_arn: config.function_arn,
        auth_type: config.auth_type,
        cors: config.cors,
        creation_time: config.creation_time,
        invoke_mode: config.invoke_mode,
    })
}
