//! ListFunctionUrlConfigs.

use super::function_url;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_function_url_configs(
    functions: &Functions,
    cx: &mut Context,
    input: ListFunctionUrlConfigsRequest,
) -> Result<ListFunctionUrlConfigsResponse> {
    let (marker, most) = (input.marker.as_deref(), input.max_items);
    let page = functions.list_urls(&cx.caller, &input.function_name, marker, most)?;
    let configs = page.urls.iter().map(|found| function_url::config(found, cx)).collect();
    Ok(ListFunctionUrlConfigsResponse { function_url_configs: configs, next_marker: page.next })
}
