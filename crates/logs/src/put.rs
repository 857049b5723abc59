//! `PutLogEvents`.

use crate::{
    catalog::{StreamIds, no_stream},
    logs::{Logs, blocking},
    records::Place,
    token,
};
use bytes::Bytes;
use std::time::Duration;
use tinderbox_base::{Caller, Error, LogLine, Result, Timestamp};
use tinderbox_segments::{Batch, Position, Record};

/// Events of one request (`PutLogEvents` reference).
pub const MAX_BATCH_EVENTS: usize = 10_000;
/// Bytes of one request: every event counts 26 beyond its UTF-8 text (`PutLogEvents` reference).
pub const MAX_BATCH_BYTES: usize = 1_048_576;
/// What an event counts beyond its text.
pub(crate) const EVENT_OVERHEAD: usize = 26;
/// Bytes of one event with its overhead (CloudWatch Logs quotas: 1 MB).
const MAX_EVENT_BYTES: usize = 1_048_576;
/// The most time that the events of a request may span.
const MAX_SPAN: Duration = Duration::from_secs(24 * 3600);
/// How old an event may be.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 3600);
/// How far in the future an event may be.
const MAX_LEAD: Duration = Duration::from_secs(2 * 3600);

/// Which events were not taken, as indexes into the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// The first event more than two hours in the future.
    pub too_new_start: Option<usize>,
    /// The end of the events older than 14 days.
    pub too_old_end: Option<usize>,
    /// The end of the events older than the group's retention.
    pub expired_end: Option<usize>,
}

/// The answer to `PutLogEvents`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// A token that callers of old send back; it is not looked at.
    pub next_sequence_token: String,
    /// What was not taken; none when all of it was.
    pub rejected: Option<Rejected>,
}

impl Logs {
    /// Appends events to a stream. They are on disk when this returns.
    ///
    /// # Errors
    /// `Invalid` when a limit is exceeded or the order is wrong: then nothing is taken. `NotFound`.
    pub async fn put_events(
        &self,
        caller: &Caller,
        group: &str,
        stream: &str,
        events: Vec<LogLine>,
    ) -> Result<Put> {
        check(&events)?;
        let place = Place::from(caller);
        let catalog = &self.inner.catalog;
        let found = catalog.group(&place, group).await?;
        let owner = found.owner();
        let stream = catalog.stream(&place, owner, stream).await?.ok_or_else(no_stream)?;
        let ids = StreamIds { owner, stream };
        let now = self.inner.clock.now();
        let (taken, rejected) = sort_out(&events, now, found.record.retention_days);
        let records: Vec<Record> = events[taken]
            .iter()
            .map(|e| Record {
                stream: ids.stream,
                time: e.time,
                body: Bytes::copy_from_slice(e.message.as_bytes()),
            })
            .collect();
        if !records.is_empty() {
            let batch = Batch { owner, records };
            self.inner.append(vec![batch]).await.map_err(|(error, _)| error)?;
            let segments = self.inner.segments.clone();
            blocking(move || segments.sync_owner(owner).map_err(Error::from)).await?;
        }
        let at = Position { time: now, seq: stream.0 };
        Ok(Put { next_sequence_token: token::event_id(at), rejected })
    }
}

/// Checks what AWS checks before it takes anything.
fn check(events: &[LogLine]) -> Result<()> {
    if events.len() > MAX_BATCH_EVENTS {
        return Err(Error::invalid(format!(
            "The batch of {} log events exceeds the limit of {MAX_BATCH_EVENTS}.",
            events.len()
        )));
    }
    let size = |e: &LogLine| e.message.len() + EVENT_OVERHEAD;
    if let Some(long) = events.iter().map(size).find(|size| *size > MAX_EVENT_BYTES) {
        return Err(Error::invalid(format!(
            "Log event too large: {long} bytes exceeds limit of {MAX_EVENT_BYTES}"
        )));
    }
    let total: usize = events.iter().map(size).sum();
    if total > MAX_BATCH_BYTES {
        return Err(Error::invalid(format!(
            "Upload too large: {total} bytes exceeds limit of {MAX_BATCH_BYTES}"
        )));
    }
    if !events.is_sorted_by_key(|e| e.time) {
        return Err(Error::invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    if let (Some(first), Some(last)) = (events.first(), events.last())
        && last.time > first.time + MAX_SPAN
    {
        return Err(Error::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(())
}

/// Which of the events, which are in order, are taken, and what is told of the others.
fn sort_out(
    events: &[LogLine],
    now: Timestamp,
    retention_days: Option<u32>,
) -> (std::ops::Range<usize>, Option<Rejected>) {
    let before = |age: Duration| events.partition_point(|e| e.time + age < now);
    let too_old = before(MAX_AGE);
    let expired = retention_days.map_or(0, |days| before(days_of(days)));
    let too_new = events.partition_point(|e| e.time <= now + MAX_LEAD);
    let rejected = Rejected {
        too_new_start: (too_new < events.len()).then_some(too_new),
        too_old_end: (too_old > 0).then_some(too_old),
        expired_end: (expired > 0).then_some(expired),
    };
    let start = too_old.max(expired).min(too_new);
    (start..too_new, (rejected != Rejected::default()).then_some(rejected))
}

/// So many days.
pub(crate) fn days_of(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 3600)
}

/// The earliest time that a group's retention still keeps.
pub(crate) fn kept_since(now: Timestamp, retention_days: u32) -> Timestamp {
    let millis = i64::from(retention_days) * 24 * 3600 * 1000;
    Timestamp::from_millis(now.as_millis().saturating_sub(millis))
}

/// A line as events: a longer one than an event may be becomes several.
pub(crate) fn split_long(line: LogLine) -> Vec<LogLine> {
    let limit = MAX_EVENT_BYTES - EVENT_OVERHEAD;
    if line.message.len() <= limit {
        return vec![line];
    }
    let (mut rest, mut parts) = (&line.message[..], Vec::new());
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.floor_char_boundary(limit));
        parts.push(LogLine { time: line.time, message: part.into() });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;
    const NOW: i64 = 1_700_000_000_000;

    fn events(times: &[i64]) -> Vec<LogLine> {
        times.iter().map(|t| LogLine { time: Timestamp::from_millis(*t), message: "x".into() }).collect()
    }

    #[test]
    fn what_is_refused() {
        fn case(events: &[LogLine], expect: Option<&str>) {
            assert_eq!(check(events).err().map(|e| e.to_string()).as_deref(), expect);
        }
        let long = |n| vec![LogLine { time: Timestamp::from_millis(1), message: "x".repeat(n) }];
        case(&events(&[1, 1, 2]), None);
        case(
            &events(&[2, 1]),
            Some("Log events in a single PutLogEvents request must be in chronological order."),
        );
        case(
            &events(&[1, DAY + 2]),
            Some("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."),
        );
        case(&events(&[1, DAY + 1]), None);
        case(&long(1_048_550), None);
        case(&long(1_048_551), Some("Log event too large: 1048577 bytes exceeds limit of 1048576"));
        let two = [long(600_000), long(600_000)].concat();
        case(&two, Some("Upload too large: 1200052 bytes exceeds limit of 1048576"));
        case(&events(&vec![1; 10_001]), Some("The batch of 10001 log events exceeds the limit of 10000."));
    }

    #[test]
    fn what_is_rejected() {
        fn case(
            ages: &[i64],
            retention: Option<u32>,
            taken: std::ops::Range<usize>,
            expect: Option<Rejected>,
        ) {
            let times: Vec<i64> = ages.iter().map(|age| NOW - age).collect();
            assert_eq!(sort_out(&events(&times), Timestamp::from_millis(NOW), retention), (taken, expect));
        }
        let hour = DAY / 24;
        case(&[hour, 0, -hour], None, 0..3, None);
        case(&[14 * DAY, 0], None, 0..2, None);
        let old = Rejected { too_old_end: Some(1), ..Rejected::default() };
        case(&[14 * DAY + 1, 0], None, 1..2, Some(old));
        let new = Rejected { too_new_start: Some(1), ..Rejected::default() };
        case(&[0, -2 * hour - 1], None, 0..1, Some(new));
        let expired = Rejected { expired_end: Some(2), ..Rejected::default() };
        case(&[3 * DAY, 2 * DAY, 0], Some(1), 2..3, Some(expired));
        let all = Rejected { too_new_start: Some(0), ..Rejected::default() };
        case(&[-3 * hour], Some(1), 0..0, Some(all));
    }

    #[test]
    fn a_long_line_becomes_several_events() {
        fn case(message: String, expect: &[usize]) {
            let parts = split_long(LogLine { time: Timestamp::default(), message: message.clone() });
            assert_eq!(parts.iter().map(|p| p.message.len()).collect::<Vec<_>>(), expect);
            assert_eq!(parts.into_iter().map(|p| p.message).collect::<String>(), message);
        }
        case(String::new(), &[0]);
        case("x".repeat(1_048_550), &[1_048_550]);
        case("x".repeat(1_048_551), &[1_048_550, 1]);
        case("é".repeat(524_276), &[1_048_550, 2]);
    }
}
