//! Log streams.

use super::{group, limit};
use tinderbox_aws_model_logs::types::*;
use tinderbox_base::Timestamp;
use tinderbox_logs::{DescribeStreams, Logs, Stream, StreamOrder};
use tinderbox_wire::{Context, Result};

pub(super) async fn describe(
    logs: &Logs,
    cx: &mut Context,
    input: DescribeLogStreamsRequest,
) -> Result<DescribeLogStreamsResponse> {
    let describe = DescribeStreams {
        group: group(input.log_group_name, input.log_group_identifier)?,
        prefix: input.log_stream_name_prefix,
        order: match input.order_by.as_deref() {
            Some(OrderBy::LAST_EVENT_TIME) => StreamOrder::LastEvent,
            _ => StreamOrder::Name,
        },
        descending: input.descending.unwrap_or(false),
        token: input.next_token,
        limit: limit(input.limit),
    };
    let page = logs.describe_streams(&cx.caller, describe).await?;
    Ok(DescribeLogStreamsResponse {
        log_streams: Some(page.streams.into_iter().map(render).collect()),
        next_token: page.token,
    })
}

fn render(stream: Stream) -> LogStream {
    LogStream {
        log_stream_name: Some(stream.name),
        creation_time: Some(stream.created.as_millis()),
        first_event_timestamp: stream.first_event.map(Timestamp::as_millis),
        last_event_timestamp: stream.last_event.map(Timestamp::as_millis),
        last_ingestion_time: stream.last_ingestion.map(Timestamp::as_millis),
        arn: Some(stream.arn),
        // AWS has told zero for streams since 2019.
        stored_bytes: Some(0),
        ..LogStream::default()
    }
}
