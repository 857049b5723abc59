//! GetFunctionCodeSigningConfig: no function has one.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function_code_signing_config(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionCodeSigningConfigRequest,
) -> Result<GetFunctionCodeSigningConfigResponse> {
    let found = functions.get(&cx.caller, &input.function_name, None, "GetFunctionCodeSigningConfig")?;
    Ok(GetFunctionCodeSigningConfigResponse {
        function_name: found.function.name.to_string(),
        code_signing_config_arn: String::new(),
    })
}
