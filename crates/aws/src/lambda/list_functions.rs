//! ListFunctions.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, names::LATEST};
use tinderbox_wire::{Context, Result};

pub(super) async fn list_functions(
    functions: &Functions,
    cx: &mut Context,
    input: ListFunctionsRequest,
) -> Result<ListFunctionsResponse> {
    let page = functions.list(&cx.caller, input.marker.as_deref(), input.max_items)?;
    // With every version asked for, the one being edited is told by its qualified name.
    let all = input.function_version.as_deref() == Some(FunctionVersion::ALL);
    let arn = |arn: String| if all { format!("{arn}:{LATEST}") } else { arn };
    let shown = page.functions.iter().map(|f| render::listed(f, arn(f.arn().to_string()))).collect();
    Ok(ListFunctionsResponse { next_marker: page.next, functions: Some(shown) })
}
