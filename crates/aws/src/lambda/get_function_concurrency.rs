//! GetFunctionConcurrency.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function_concurrency(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionConcurrencyRequest,
) -> Result<GetFunctionConcurrencyResponse> {
    let reserved = functions.concurrency(&cx.caller, &input.function_name)?;
    Ok(GetFunctionConcurrencyResponse { reserved_concurrent_executions: reserved.map(Into::into) })
}
