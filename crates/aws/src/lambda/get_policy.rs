//! GetPolicy: no function has one.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_base::Error;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_policy(
    functions: &Functions,
    cx: &mut Context,
    input: GetPolicyRequest,
) -> Result<GetPolicyResponse> {
    functions.get(&cx.caller, &input.function_name, input.qualifier.as_deref(), "GetPolicy")?;
    let error = Error::not_found("The resource you requested does not exist.");
    Err(error.with_code("ResourceNotFoundException").into())
}
