//! ListFunctions.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, Listing, model::Function};
use tinderbox_wire::{Context, Result};

pub(super) async fn list_functions(
    functions: &Functions,
    cx: &mut Context,
    input: ListFunctionsRequest,
) -> Result<ListFunctionsResponse> {
    let what = match input.function_version.as_deref() {
        Some(FunctionVersion::ALL) => Listing::Versions,
        _ => Listing::Functions,
    };
    let page = functions.list(&cx.caller, input.marker.as_deref(), input.max_items, what)?;
    // With every version asked for, the one being edited is told by its qualified name too.
    let arn = |f: &Function| match what {
        Listing::Versions => f.qualified_arn(),
        Listing::Functions => f.arn(),
    };
    let shown = page.functions.iter().map(|f| render::listed(f, arn(f).to_string())).collect();
    Ok(ListFunctionsResponse { next_marker: page.next, functions: Some(shown) })
}
