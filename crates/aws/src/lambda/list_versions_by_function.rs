//! ListVersionsByFunction: none is published yet but the one being edited.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, names::LATEST};
use tinderbox_wire::{Context, Result};

pub(super) async fn list_versions_by_function(
    functions: &Functions,
    cx: &mut Context,
    input: ListVersionsByFunctionRequest,
) -> Result<ListVersionsByFunctionResponse> {
    let found = functions.get(&cx.caller, &input.function_name, Some(LATEST), "ListVersionsByFunction")?;
    let latest = render::listed(&found.function, found.arn.to_string());
    Ok(ListVersionsByFunctionResponse { next_marker: None, versions: Some(vec![latest]) })
}
