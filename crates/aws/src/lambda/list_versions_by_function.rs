//! ListVersionsByFunction.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_versions_by_function(
    functions: &Functions,
    cx: &mut Context,
    input: ListVersionsByFunctionRequest,
) -> Result<ListVersionsByFunctionResponse> {
    let marker = input.marker.as_deref();
    let page = functions.list_versions(&cx.caller, &input.function_name, marker, input.max_items)?;
    let versions = page.functions.iter().map(|f| render::listed(f, f.qualified_arn().to_string())).collect();
    Ok(ListVersionsByFunctionResponse { next_marker: page.next, versions: Some(versions) })
}
