//! PutFunctionConcurrency.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn put_function_concurrency(
    functions: &Functions,
    cx: &mut Context,
    input: PutFunctionConcurrencyRequest,
) -> Result<Concurrency> {
    let n = input.reserved_concurrent_executions;
    let reserved = functions.put_concurrency(&cx.caller, &input.function_name, n).await?;
    Ok(Concurrency { reserved_concurrent_executions: Some(reserved.into()) })
}
