//! ListAliases.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_aliases(
    functions: &Functions,
    cx: &mut Context,
    input: ListAliasesRequest,
) -> Result<ListAliasesResponse> {
    let (version, marker) = (input.function_version.as_deref(), input.marker.as_deref());
    let page = functions.list_aliases(&cx.caller, &input.function_name, version, marker, input.max_items)?;
    let aliases = page.aliases.iter().map(render::alias).collect();
    Ok(ListAliasesResponse { next_marker: page.next, aliases: Some(aliases) })
}
