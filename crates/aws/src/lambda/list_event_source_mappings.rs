//! ListEventSourceMappings: there are none, of no function.

use tinderbox_aws_model_lambda::types::*;
use tinderbox_functions::Functions;
use tinderbox_wire::{Context, Result};

pub(super) async fn list_event_source_mappings(
    _: &Functions,
    _: &mut Context,
    _: ListEventSourceMappingsRequest,
) -> Result<ListEventSourceMappingsResponse> {
    Ok(ListEventSourceMappingsResponse { event_source_mappings: Some(Vec::new()), next_marker: None })
}
