//! DeleteFunctionEventInvokeConfig.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_function_event_invoke_config(
    functions: &Functions,
    cx: &mut Context,
    input: DeleteFunctionEventInvokeConfigRequest,
) -> Result<()> {
    let qualifier = input.qualifier.as_deref();
    Ok(functions.delete_event_config(&cx.caller, &input.function_name, qualifier).await?)
}
