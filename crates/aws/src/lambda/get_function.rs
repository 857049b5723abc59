//! GetFunction.

use super::render;
use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_function(
    functions: &Functions,
    cx: &mut Context,
    input: GetFunctionRequest,
) -> Result<GetFunctionResponse> {
    let found = functions.get(&cx.caller, &input.function_name, input.qualifier.as_deref(), "GetFunction")?;
    let function = &found.function;
    let location = format!("{}/_tinderbox/code/{}", cx.endpoint, functions.code_token(function));
    let tags = found.whole.tags.as_map();
    Ok(GetFunctionResponse {
        configuration: Some(render::configuration(function, found.arn.to_string())),
        code: Some(FunctionCodeLocation {
            repository_type: Some("S3".into()),
            location: Some(location),
            ..FunctionCodeLocation::default()
        }),
        tags: Some(tags.clone()).filter(|t| !t.is_empty()),
        concurrency: found
            .reserved_concurrency
            .map(|n| Concurrency { reserved_concurrent_executions: Some(n.into()) }),
        ..GetFunctionResponse::default()
    })
}
