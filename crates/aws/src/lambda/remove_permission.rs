//! RemovePermission.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn remove_permission(
    functions: &Functions,
    cx: &mut Context,
    input: RemovePermissionRequest,
) -> Result<()> {
    let (name, qualifier) = (input.function_name.as_str(), input.qualifier.as_deref());
    let revision = input.revision_id;
    Ok(functions.remove_permission(&cx.caller, name, qualifier, input.statement_id, revision).await?)
}
