//! GetAccountSettings.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_account_settings(
    functions: &Functions,
    cx: &mut Context,
    input: GetAccountSettingsRequest,
) -> Result<GetAccountSettingsResponse> {
    let GetAccountSettingsRequest {} = input;
    let found = functions.account_settings(&cx.caller);
    let number = |n: u64| Some(i64::try_from(n).unwrap_or(i64::MAX));
    Ok(GetAccountSettingsResponse {
        account_limit: Some(AccountLimit {
            total_code_size: number(found.total_code_size),
            code_size_unzipped: number(found.code_size_unzipped),
            code_size_zipped: number(found.code_size_zipped),
            concurrent_executions: number(found.concurrent_executions),
            unreserved_concurrent_executions: number(found.unreserved_concurrent_executions),
        }),
        account_usage: Some(AccountUsage {
            total_code_size: number(found.used_code_size),
            function_count: number(found.function_count),
        }),
    })
}
