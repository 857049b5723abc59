//! ListTags.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_tags(
    functions: &Functions,
    cx: &mut Context,
    input: ListTagsRequest,
) -> Result<ListTagsResponse> {
    Ok(ListTagsResponse { tags: Some(functions.tags(&cx.caller, &input.resource)?) })
}
