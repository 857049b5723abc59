//! DeleteFunction.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_function(
    functions: &Functions,
    cx: &mut Context,
    input: DeleteFunctionRequest,
) -> Result<DeleteFunctionResponse> {
    functions.delete(&cx.caller, &input.function_name, input.qualifier.as_deref()).await?;
    Ok(DeleteFunctionResponse { status_code: Some(204) })
}
