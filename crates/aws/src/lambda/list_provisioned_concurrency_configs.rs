//! ListProvisionedConcurrencyConfigs: no function has one.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_provisioned_concurrency_configs(
    functions: &Functions,
    cx: &mut Context,
    input: ListProvisionedConcurrencyConfigsRequest,
) -> Result<ListProvisionedConcurrencyConfigsResponse> {
    functions.get(&cx.caller, &input.function_name, None, "ListProvisionedConcurrencyConfigs")?;
    Ok(ListProvisionedConcurrencyConfigsResponse {
        provisioned_concurrency_configs: Some(Vec::new()),
        next_marker: None,
    })
}
