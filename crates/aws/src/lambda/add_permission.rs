//! AddPermission.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::{Functions, NewPermission};
use tinderbox_wire::{Context, Result};

pub(super) async fn add_permission(
    functions: &Functions,
    cx: &mut Context,
    input: AddPermissionRequest,
) -> Result<AddPermissionResponse> {
    let new = NewPermission {
        name: input.function_name,
        qualifier: input.qualifier,
        sid: input.statement_id,
        action: input.action,
        principal: input.principal,
        source_arn: input.source_arn,
        source_account: input.source_account,
        event_source_token: input.event_source_token,
        principal_org_id: input.principal_org_id,
        function_url_auth_type: input.function_url_auth_type,
        invoked_via_function_url: input.invoked_via_function_url,
        revision_id: input.revision_id,
    };
    Ok(AddPermissionResponse { statement: Some(functions.add_permission(&cx.caller, new).await?) })
}
