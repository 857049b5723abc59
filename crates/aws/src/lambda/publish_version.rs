//! PublishVersion.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, Publishing};
use tinderbox_wire::{Context, Result};

pub(super) async fn publish_version(
    functions: &Functions,
    cx: &mut Context,
    input: PublishVersionRequest,
) -> Result<FunctionConfiguration> {
    render::refuse_latest_published(input.publish_to.as_deref())?;
    let publishing = Publishing {
        name: input.function_name,
        code_sha256: input.code_sha256,
        description: input.description,
        revision_id: input.revision_id,
    };
    let version = functions.publish(&cx.caller, publishing).await?;
    Ok(render::configuration(&version, version.qualified_arn().to_string()))
}
