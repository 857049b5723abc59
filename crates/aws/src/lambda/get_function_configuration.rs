//! GetFunctionConfiguration.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function_configuration(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionConfigurationRequest,
) -> Result<FunctionConfiguration> {
    let qualifier = input.qualifier.as_deref();
    let found = functions.get(&cx.caller, &input.function_name, qualifier, "GetFunctionConfiguration")?;
    Ok(render::configuration(&found.function, found.arn.to_string()))
}
