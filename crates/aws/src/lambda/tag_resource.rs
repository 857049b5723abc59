//! TagResource.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn tag_resource(
    functions: &Functions,
    cx: &mut Context,
    input: TagResourceRequest,
) -> Result<()> {
    Ok(functions.tag(&cx.caller, &input.resource, input.tags).await?)
}
