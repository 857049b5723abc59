//! DeleteFunctionConcurrency.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_function_concurrency(
    functions: &Functions,
    cx: &mut Context,
    input: DeleteFunctionConcurrencyRequest,
) -> Result<()> {
    Ok(functions.delete_concurrency(&cx.caller, &input.function_name).await?)
}
