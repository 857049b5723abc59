//! UntagResource.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn untag_resource(
    functions: &Functions,
    cx: &mut Context,
    input: UntagResourceRequest,
) -> Result<()> {
    Ok(functions.untag(&cx.caller, &input.resource, input.tag_keys).await?)
}
