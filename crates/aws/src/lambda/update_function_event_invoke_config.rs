//! UpdateFunctionEventInvokeConfig.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{EventSettings, Functions, Replace};
use tinderbox_wire::{Context, Result};

pub(super) async fn update_function_event_invoke_config(
    functions: &Functions,
    cx: &mut Context,
    input: UpdateFunctionEventInvokeConfigRequest,
) -> Result<FunctionEventInvokeConfig> {
    let settings = EventSettings {
        name: input.function_name,
        qualifier: input.qualifier,
        retries: input.maximum_retry_attempts,
        max_age_s: input.maximum_event_age_in_seconds,
        destinations: input.destination_config.map(super::settings::destinations),
    };
    let found = functions.set_event_config(&cx.caller, settings, Replace::Named).await?;
    Ok(render::event_config(&found))
}
