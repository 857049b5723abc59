//! CreateFunction.

use super::{render, settings};
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{CodeSource, Functions, NewFunction};
use tinderbox_wire::{Context, Result};

pub(super) async fn create_function(
    functions: &Functions,
    cx: &mut Context,
    input: CreateFunctionRequest,
) -> Result<FunctionConfiguration> {
    let code = &input.code;
    let (bucket, key, image) = (code.s3_bucket.as_ref(), code.s3_key.as_ref(), code.image_uri.as_ref());
    let source = match input.package_type.as_deref() {
        Some(PackageType::IMAGE) => CodeSource::Image,
        _ => settings::code(code.zip_file.clone(), bucket, key, image),
    };
    let new = NewFunction {
        settings: settings::of_new(&input),
        code: source,
        tags: input.tags.unwrap_or_default(),
        publish: input.publish.unwrap_or(false),
        name: input.function_name,
    };
    let function = functions.create(&cx.caller, new).await?;
    Ok(render::configuration(&function, function.arn().to_string()))
}
