//! GetPolicy.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_policy(
    functions: &Functions,
    cx: &mut Context,
    input: GetPolicyRequest,
) -> Result<GetPolicyResponse> {
    let found = functions.policy(&cx.caller, &input.function_name, input.qualifier.as_deref())?;
    Ok(GetPolicyResponse { policy: Some(found.policy), revision_id: Some(found.revision_id) })
}
