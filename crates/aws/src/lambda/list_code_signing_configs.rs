//! ListCodeSigningConfigs: there are none.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_code_signing_configs(
    _: &Functions,
    _: &mut Context,
    _: ListCodeSigningConfigsRequest,
) -> Result<ListCodeSigningConfigsResponse> {
    Ok(ListCodeSigningConfigsResponse { code_signing_configs: Some(Vec::new()), next_marker: None })
}
