//! ListLayers: there are none.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_layers(
    _: &Functions,
    _: &mut Context,
    _: ListLayersRequest,
) -> Result<ListLayersResponse> {
    Ok(ListLayersResponse { layers: Some(Vec::new()), next_marker: None })
}
