//! CloudWatch. No metrics are kept yet: there are none to list, and putting some is not implemented.

use tinderbox_aws_model_cloudwatch::{CloudWatch, types::*};
use tinderbox_wire::{Context, Result, async_trait};

/// The handlers of CloudWatch.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloudWatchHandlers;

#[async_trait]
impl CloudWatch for CloudWatchHandlers {
    async fn list_metrics(&self, _: &mut Context, _: ListMetricsInput) -> Result<ListMetricsOutput> {
        Ok(ListMetricsOutput { metrics: Some(Vec::new()), ..ListMetricsOutput::default() })
    }
}
