//! GetFunctionRecursionConfig: the default, since none can be set. Nothing looks for loops yet.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function_recursion_config(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionRecursionConfigRequest,
) -> Result<GetFunctionRecursionConfigResponse> {
    functions.get(&cx.caller, &input.function_name, None, "GetFunctionRecursionConfig")?;
    Ok(GetFunctionRecursionConfigResponse { recursive_loop: Some(RecursiveLoop::TERMINATE.into()) })
}
