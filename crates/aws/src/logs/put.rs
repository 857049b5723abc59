//! `PutLogEvents`.

use tinderbox_aws_model_logs::types::*;
use tinderbox_base::{LogLine, Timestamp};
use tinderbox_logs::Logs;
use tinderbox_wire::{Context, Result};

pub(super) async fn events(
    logs: &Logs,
    cx: &mut Context,
    input: PutLogEventsRequest,
) -> Result<PutLogEventsResponse> {
    let line = |e: InputLogEvent| LogLine { time: Timestamp::from_millis(e.timestamp), message: e.message };
    let events = input.log_events.into_iter().map(line).collect();
    let put = logs.put_events(&cx.caller, &input.log_group_name, &input.log_stream_name, events).await?;
    let index = |index: Option<usize>| index.and_then(|i| i64::try_from(i).ok());
    Ok(PutLogEventsResponse {
        next_sequence_token: Some(put.next_sequence_token),
        rejected_log_events_info: put.rejected.map(|rejected| RejectedLogEventsInfo {
            too_new_log_event_start_index: index(rejected.too_new_start),
            too_old_log_event_end_index: index(rejected.too_old_end),
            expired_log_event_end_index: index(rejected.expired_end),
        }),
        rejected_entity_info: None,
    })
}
