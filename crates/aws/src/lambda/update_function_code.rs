//! UpdateFunctionCode.

use super::{render, settings};
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{CodeUpdate, Functions};
use tinderbox_wire::{Context, Result};

pub(super) async fn update_function_code(
    functions: &Functions,
    cx: &mut Context,
    input: UpdateFunctionCodeRequest,
) -> Result<FunctionConfiguration> {
    render::refuse_latest_published(input.publish_to.as_deref())?;
    let (bucket, key, image) = (input.s3_bucket.as_ref(), input.s3_key.as_ref(), input.image_uri.as_ref());
    let update = CodeUpdate {
        code: settings::code(input.zip_file, bucket, key, image),
        architectures: input.architectures,
        revision_id: input.revision_id,
        dry_run: input.dry_run.unwrap_or(false),
        publish: input.publish.unwrap_or(false),
        name: input.function_name,
    };
    let function = functions.update_code(&cx.caller, update).await?;
    // A version that was published with the update is told by its number, the function by its bare name.
    let arn = if function.publication.is_some() { function.qualified_arn() } else { function.arn() };
    Ok(render::configuration(&function, arn.to_string()))
}
