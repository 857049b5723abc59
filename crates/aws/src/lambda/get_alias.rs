//! GetAlias.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_alias(
    functions: &Functions,
    cx: &mut Context,
    input: GetAliasRequest,
) -> Result<AliasConfiguration> {
    Ok(render::alias(&functions.alias(&cx.caller, &input.function_name, &input.name)?))
}
