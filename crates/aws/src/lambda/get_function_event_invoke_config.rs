//! GetFunctionEventInvokeConfig.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function_event_invoke_config(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionEventInvokeConfigRequest,
) -> Result<FunctionEventInvokeConfig> {
    let found = functions.event_config(&cx.caller, &input.function_name, input.qualifier.as_deref())?;
    Ok(render::event_config(&found))
}
