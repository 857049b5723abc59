//! UpdateFunctionConfiguration.

use super::{render, settings};
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{ConfigurationUpdate, Functions};
use tinderbox_wire::{Context, Result};

pub(super) async fn update_function_configuration(
    functions: &Functions,
    cx: &mut Context,
    input: UpdateFunctionConfigurationRequest,
) -> Result<FunctionConfiguration> {
    let update = ConfigurationUpdate {
        settings: settings::of_update(&input),
        revision_id: input.revision_id,
        name: input.function_name,
    };
    let function = functions.update_configuration(&cx.caller, update).await?;
    Ok(render::configuration(&function, function.arn().to_string()))
}
