//! CreateAlias.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{AliasSettings, Functions};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_alias(
    functions: &Functions,
    cx: &mut Context,
    input: CreateAliasRequest,
) -> Result<AliasConfiguration> {
    let new = AliasSettings {
        function: input.function_name,
        name: input.name,
        version: Some(input.function_version),
        description: input.description,
        weights: input.routing_config.map(|r| r.additional_version_weights.unwrap_or_default()),
        revision_id: None,
    };
    Ok(render::alias(&functions.create_alias(&cx.caller, new).await?))
}
