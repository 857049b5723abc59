//! Log streams: create, delete, describe.

use crate::{
    catalog::StreamIds,
    groups::MAX_PAGE,
    logs::Logs,
    records::{self, Place, StreamRecord},
    token,
};
use std::{collections::BTreeMap, ops::ControlFlow};
use tinderbox_base::{Caller, Error, Result, Timestamp};
use tinderbox_segments::{OwnerId, StreamId};
use tinderbox_store::Key;

/// How described streams are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamOrder {
    /// By name.
    #[default]
    Name,
    /// By the time of the latest event; streams without one come before all others.
    LastEvent,
}

/// Which streams to describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeStreams {
    /// The group's name or its ARN.
    pub group: String,
    /// Only those whose names begin so; not with the order of the latest event.
    pub prefix: Option<String>,
    /// Their order.
    pub order: StreamOrder,
    /// The greatest first.
    pub descending: bool,
    /// The token of the page before.
    pub token: Option<String>,
    /// Streams at most; 50 are one page.
    pub limit: Option<usize>,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// The time of its earliest event.
    pub first_event: Option<Timestamp>,
    /// The time of its latest event.
    pub last_event: Option<Timestamp>,
    /// When an event was taken in last.
    pub last_ingestion: Option<Timestamp>,
}

/// A page of streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamsPage {
    /// In the order asked for.
    pub streams: Vec<Stream>,
    /// Where to go on.
    pub token: Option<String>,
}

/// Where a stream stands: the time of its latest event (when ordered by it), then its name.
type Rank = (i64, String);

impl Logs {
    /// Makes a stream.
    ///
    /// # Errors
    /// `NotFound` without its group; `Conflict` when it exists.
    pub async fn create_stream(&self, caller: &Caller, group: &str, name: &str) -> Result<()> {
        let made = self.inner.catalog.create_stream(&Place::from(caller), group, name).await?;
        made.map(|_| ()).ok_or_else(|| Error::conflict("The specified log stream already exists"))
    }

    /// Deletes a stream with its events.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_stream(&self, caller: &Caller, group: &str, name: &str) -> Result<()> {
        // What waits belongs to the stream as it is: later it would make the stream anew.
        self.inner.settle().await;
        self.inner.catalog.delete_stream(&Place::from(caller), group, name).await?;
        self.inner.deleted.notify_one();
        Ok(())
    }

    /// A page of a group's streams, with the times of events handed over before the call.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a token that is none of ours, or a prefix with the order of the latest event.
    pub async fn describe_streams(&self, caller: &Caller, describe: DescribeStreams) -> Result<StreamsPage> {
        if describe.prefix.is_some() && describe.order == StreamOrder::LastEvent {
            return Err(Error::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        let place = Place::from(caller);
        self.inner.settle().await;
        let (group, found) = self.group_of(&place, &describe.group).await?;
        let owner = found.owner();
        let after = describe.token.as_deref().map(parse_rank).transpose()?;
        let limit = describe.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
        let ranked = if describe.order == StreamOrder::Name && !describe.descending {
            self.by_name(&place, owner, &describe, after, limit + 1).await?
        } else {
            self.by_rank(&place, owner, &describe, after, limit + 1).await?
        };
        let more = ranked.len() > limit;
        let ranked = &ranked[..ranked.len().min(limit)];
        let token =
            ranked.last().filter(|_| more).map(|((time, name), _)| token::of_text(&format!("{time}/{name}")));
        let streams = ranked.iter().map(|(_, record)| Stream {
            arn: format!("{}:log-stream:{}", place.arn(&group), record.name),
            name: record.name.clone(),
            created: record.created,
            first_event: record.first,
            last_event: record.last,
            last_ingestion: record.ingested,
        });
        Ok(StreamsPage { streams: streams.collect(), token })
    }

    /// The first `n` streams after a name, which is how the store has them.
    async fn by_name(
        &self,
        place: &Place,
        owner: OwnerId,
        describe: &DescribeStreams,
        after: Option<Rank>,
        n: usize,
    ) -> Result<Vec<(Rank, StreamRecord)>> {
        let mut range = records::beginning(&place.stream(owner, describe.prefix.as_deref().unwrap_or("")));
        if let Some((_, name)) = after {
            range = range.after(&place.stream(owner, &name));
        }
        let mut streams = Vec::new();
        for entry in self.inner.catalog.store.range(&range, n).await? {
            let ids = StreamIds { owner, stream: StreamId(records::decode(&entry.value)?) };
            if let Some(record) = self.inner.catalog.stream_record(place, ids).await? {
                streams.push(((0, record.name.clone()), self.inner.pending.merged(ids, record)));
            }
        }
        Ok(streams)
    }

    /// The first `n` streams after a rank in the order asked for. All streams are looked at, `n` are held.
    async fn by_rank(
        &self,
        place: &Place,
        owner: OwnerId,
        describe: &DescribeStreams,
        after: Option<Rank>,
        n: usize,
    ) -> Result<Vec<(Rank, StreamRecord)>> {
        let mut page: BTreeMap<Rank, StreamRecord> = BTreeMap::new();
        let each = |key: &Key, value: &[u8]| {
            let ids = StreamIds { owner, stream: StreamId(records::number_of(key).unwrap_or_default()) };
            let record = self.inner.pending.merged(ids, records::decode(value)?);
            if describe.prefix.as_ref().is_some_and(|p| !record.name.starts_with(p.as_str())) {
                return Ok(ControlFlow::Continue(()));
            }
            let last = record.last.map_or(i64::MIN, Timestamp::as_millis);
            let rank = (if describe.order == StreamOrder::LastEvent { last } else { 0 }, record.name.clone());
            let beyond = |after: &Rank| if describe.descending { rank < *after } else { rank > *after };
            if after.as_ref().is_none_or(beyond) {
                page.insert(rank, record);
            }
            if page.len() > n {
                if describe.descending {
                    page.pop_first()
                } else {
                    page.pop_last()
                };
            }
            Ok(ControlFlow::Continue(()))
        };
        self.inner.catalog.scan(place.stream_ids(owner).prefix(), each).await?;
        let ranked = page.into_iter();
        Ok(if describe.descending { ranked.rev().collect() } else { ranked.collect() })
    }
}

fn parse_rank(token: &str) -> Result<Rank> {
    let text = token::text_of(token)?;
    let (time, name) = text.split_once('/').ok_or_else(token::invalid)?;
    Ok((time.parse().map_err(|_| token::invalid())?, name.into()))
}
