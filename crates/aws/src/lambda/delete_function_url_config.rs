//! DeleteFunctionUrlConfig.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, UrlSettings};
use tinderbox_wire::{Context, Result};

pub(super) async fn delete_function_url_config(
    functions: &Functions,
    cx: &mut Context,
    input: DeleteFunctionUrlConfigRequest,
) -> Result<()> {
    let wanted =
        UrlSettings { function: input.function_name, qualifier: input.qualifier, ..Default::default() };
    Ok(functions.delete_url(&cx.caller, &wanted).await?)
}
