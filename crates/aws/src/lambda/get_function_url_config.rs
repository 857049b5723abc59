//! GetFunctionUrlConfig.

use super::function_url;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, UrlSettings};
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function_url_config(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionUrlConfigRequest,
) -> Result<GetFunctionUrlConfigResponse> {
    let wanted =
        UrlSettings { function: input.function_name, qualifier: input.qualifier, ..Default::default() };
    let config = function_url::config(&functions.url(&cx.caller, &wanted)?, cx);
    Ok(GetFunctionUrlConfigResponse {
        function_url: config.function_url,
        function_arn: config.function_arn,
        auth_type: config.auth_type,
        cors: config.cors,
        creation_time: config.creation_time,
        last_modified_time: config.last_modified_time,
        invoke_mode: config.invoke_mode,
    })
}
