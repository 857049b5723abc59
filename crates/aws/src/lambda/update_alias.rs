//! UpdateAlias.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{AliasSettings, Functions};
use tinderbox_wire::{Context, Result};

pub(super) async fn update_alias(
    functions: &Functions,
    cx: &mut Context,
    input: UpdateAliasRequest,
) -> Result<AliasConfiguration> {
    let change = AliasSettings {
        function: input.function_name,
        name: input.name,
        version: input.function_version,
        description: input.description,
        weights: input.routing_config.map(|r| r.additional_version_weights.unwrap_or_default()),
        revision_id: input.revision_id,
    };
    Ok(render::alias(&functions.update_alias(&cx.caller, change).await?))
}
