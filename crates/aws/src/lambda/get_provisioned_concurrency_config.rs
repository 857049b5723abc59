//! GetProvisionedConcurrencyConfig: no version and no alias has one.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_base::Error;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn get_provisioned_concurrency_config(
    functions: &Functions,
    cx: &mut Context,
    input: GetProvisionedConcurrencyConfigRequest,
) -> Result<GetProvisionedConcurrencyConfigResponse> {
    let (name, qualifier) = (&input.function_name, Some(input.qualifier.as_str()));
    functions.get(&cx.caller, name, qualifier, "GetProvisionedConcurrencyConfig")?;
    let text = "No Provisioned Concurrency Config found for this function";
    Err(Error::not_found(text).with_code("ProvisionedConcurrencyConfigNotFoundException").into())
}
