//! ListFunctionEventInvokeConfigs.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_function_event_invoke_configs(
    functions: &Functions,
    cx: &mut Context,
    input: ListFunctionEventInvokeConfigsRequest,
) -> Result<ListFunctionEventInvokeConfigsResponse> {
    let marker = input.marker.as_deref();
    let page = functions.list_event_configs(&cx.caller, &input.function_name, marker, input.max_items)?;
    let configs = page.configs.iter().map(render::event_config).collect();
    Ok(ListFunctionEventInvokeConfigsResponse {
        next_marker: page.next,
        function_event_invoke_configs: Some(configs),
    })
}
