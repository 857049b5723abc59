//! ListLayerVersions: no layer has one.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_layer_versions(
    _: &Functions,
    _: &mut Context,
    _: ListLayerVersionsRequest,
) -> Result<ListLayerVersionsResponse> {
    Ok(ListLayerVersionsResponse { layer_versions: Some(Vec::new()), next_marker: None })
}
