//! DeleteAlias.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_alias(
    functions: &Functions,
    cx: &mut Context,
    input: DeleteAliasRequest,
) -> Result<()> {
    Ok(functions.delete_alias(&cx.caller, &input.function_name, &input.name).await?)
}
