//! `GetLogEvents`.

use super::{group, limit, time};
use tinderbox_aws_model_logs::types::*;
use tinderbox_logs::{Event, GetEvents, Logs};
use tinderbox_wire::{Context, Result};

pub(super) async fn get(
    logs: &Logs,
    cx: &mut Context,
    input: GetLogEventsRequest,
) -> Result<GetLogEventsResponse> {
    let get = GetEvents {
        group: group(input.log_group_name, input.log_group_identifier)?,
        stream: input.log_stream_name,
        start: time(input.start_time),
        end: time(input.end_time),
        token: input.next_token,
        limit: limit(input.limit),
        from_head: input.start_from_head.unwrap_or(false),
    };
    let page = logs.get_events(&cx.caller, get).await?;
    Ok(GetLogEventsResponse {
        events: Some(page.events.into_iter().map(render).collect()),
        next_forward_token: Some(page.forward),
        next_backward_token: Some(page.backward),
    })
}

fn render(event: Event) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: Some(event.time.as_millis()),
        message: Some(event.message),
        ingestion_time: Some(event.ingested.as_millis()),
    }
}
