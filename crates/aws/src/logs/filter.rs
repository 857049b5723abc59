//! `FilterLogEvents`.

use super::{group, limit, time};
use tinderbox_aws_model_logs::types::*;
use tinderbox_logs::{FilterEvents, FilteredEvent, Logs, Pattern};
use tinderbox_wire::{Context, Result};

pub(super) async fn events(
    logs: &Logs,
    cx: &mut Context,
    input: FilterLogEventsRequest,
) -> Result<FilterLogEventsResponse> {
    let filter = FilterEvents {
        group: group(input.log_group_name, input.log_group_identifier)?,
        streams: input.log_stream_names.unwrap_or_default(),
        stream_prefix: input.log_stream_name_prefix,
        start: time(input.start_time),
        end: time(input.end_time),
        pattern: Pattern::parse(input.filter_pattern.as_deref().unwrap_or(""))?,
        token: input.next_token,
        limit: limit(input.limit),
    };
    let page = logs.filter_events(&cx.caller, filter).await?;
    Ok(FilterLogEventsResponse {
        events: Some(page.events.into_iter().map(render).collect()),
        // AWS has sent an empty list since 2020.
        searched_log_streams: Some(Vec::new()),
        next_token: page.token,
    })
}

fn render(event: FilteredEvent) -> FilteredLogEvent {
    FilteredLogEvent {
        log_stream_name: Some(event.stream),
        timestamp: Some(event.time.as_millis()),
        message: Some(event.message),
        ingestion_time: Some(event.ingested.as_millis()),
        event_id: Some(event.id),
    }
}
