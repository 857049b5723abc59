//! `FilterLogEvents`.

use crate::{
    catalog::{StreamIds, no_stream},
    events::{MAX_PAGE_BYTES, MAX_PAGE_EVENTS, message, position_of, window},
    logs::{Logs, blocking},
    pattern::Pattern,
    put::EVENT_OVERHEAD,
    records::{self, Place},
    token,
};
use std::{
    collections::{
        HashSet,
        hash_map::{
            Entry::{Occupied, Vacant},
            HashMap,
        },
    },
    ops::ControlFlow,
};
use tinderbox_base::{Caller, Error, Result, Timestamp};
use tinderbox_segments::{Content, Limits, Order, OwnerId, Position, Query, StreamId, Streams};

/// Bytes looked through for one page; a rare term makes empty pages that say where to go on, as AWS's do.
const MAX_SCANNED: u64 = 128 << 20;

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterEvents {
    /// The group's name or its ARN.
    pub group: String,
    /// Only these streams; all when empty.
    pub streams: Vec<String>,
    /// Only streams whose names begin so.
    pub stream_prefix: Option<String>,
    /// The time of the first event wanted.
    pub start: Option<Timestamp>,
    /// The time of the last event wanted.
    pub end: Option<Timestamp>,
    /// What events must contain.
    pub pattern: Pattern,
    /// The token of the page before.
    pub token: Option<String>,
    /// Events at most; otherwise as many as a page holds.
    pub limit: Option<usize>,
}

/// An event that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilteredEvent {
    /// Its stream's name.
    pub stream: String,
    /// When it happened.
    pub time: Timestamp,
    /// When it was taken in.
    pub ingested: Timestamp,
    /// The text.
    pub message: String,
    /// Unique within the group, and the same each time.
    pub id: String,
}

/// A page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilteredPage {
    /// In order of time.
    pub events: Vec<FilteredEvent>,
    /// Where to go on; none when all was looked through.
    pub token: Option<String>,
}

impl Logs {
    /// A page of a group's events, of all streams together, those handed over before the call included.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a token that is none of ours, and when streams are named in two ways.
    pub async fn filter_events(&self, caller: &Caller, filter: FilterEvents) -> Result<FilteredPage> {
        if !filter.streams.is_empty() && filter.stream_prefix.is_some() {
            return Err(Error::invalid(
                "logStreamNamePrefix and logStreamNames are mutually exclusive parameters. Specify only one of them.",
            ));
        }
        let place = Place::from(caller);
        let from = filter.token.as_deref().map(position_of).transpose()?;
        self.inner.settle().await;
        let (_, group) = self.group_of(&place, &filter.group).await?;
        let owner = group.owner();
        let some = self.wanted_streams(&place, owner, &filter).await?;
        let gone = self.gone_streams(owner).await?;
        // The end is the last moment wanted; the segments' ranges leave theirs out.
        let end = filter.end.map(|end| Timestamp::from_millis(end.as_millis().saturating_add(1)));
        let mut range = window(&group, self.inner.clock.now(), filter.start, end);
        range.start = range.start.max(from.unwrap_or(Position::MIN));
        let limits = Limits {
            records: filter.limit.unwrap_or(MAX_PAGE_EVENTS).clamp(1, MAX_PAGE_EVENTS),
            bytes: MAX_PAGE_BYTES,
            overhead: EVENT_OVERHEAD,
            scanned: MAX_SCANNED,
        };
        let (segments, pattern) = (self.inner.segments.clone(), filter.pattern);
        let page = blocking(move || {
            let streams = some.as_ref().map_or(Streams::All, Streams::Some);
            let query = Query { owner, streams, range, order: Order::OldestFirst, limits };
            let accept = |found: &tinderbox_segments::Found| {
                !gone.contains(&found.stream)
                    && match &found.content {
                        Content::Body(body) => pattern.matches(body),
                        Content::Damaged(_) => true,
                    }
            };
            segments.read(&query, accept).map_err(Error::from)
        })
        .await?;
        let mut names: HashMap<StreamId, Option<String>> = HashMap::new();
        let mut events = Vec::with_capacity(page.records.len());
        for found in page.records {
            let ids = StreamIds { owner, stream: found.stream };
            let name = match names.entry(found.stream) {
                Occupied(known) => known.into_mut(),
                Vacant(unknown) => {
                    let record = self.inner.catalog.stream_record(&place, ids).await?;
                    unknown.insert(record.map(|record| record.name))
                }
            };
            // A stream that was deleted since is left out.
            let Some(stream) = name else { continue };
            events.push(FilteredEvent {
                stream: stream.clone(),
                time: found.at.time,
                ingested: found.ingested,
                message: message(&found.content),
                id: token::event_id(found.at),
            });
        }
        Ok(FilteredPage { events, token: page.rest.map(|rest| token::event_id(rest.start)) })
    }

    /// The streams that the filter names; none when it names none, so that all are wanted.
    async fn wanted_streams(
        &self,
        place: &Place,
        owner: OwnerId,
        filter: &FilterEvents,
    ) -> Result<Option<HashSet<StreamId>>> {
        let catalog = &self.inner.catalog;
        if let Some(prefix) = &filter.stream_prefix {
            let mut wanted = HashSet::new();
            catalog
                .scan(records::beginning(&place.stream(owner, prefix)), |_, value| {
                    wanted.insert(StreamId(records::decode(value)?));
                    Ok(ControlFlow::Continue(()))
                })
                .await?;
            return Ok(Some(wanted));
        }
        if filter.streams.is_empty() {
            return Ok(None);
        }
        let mut wanted = HashSet::new();
        for name in &filter.streams {
            wanted.insert(catalog.stream(place, owner, name).await?.ok_or_else(no_stream)?);
        }
        Ok(Some(wanted))
    }

    /// The streams of a group that were deleted and may still have lines on disk.
    async fn gone_streams(&self, owner: OwnerId) -> Result<HashSet<StreamId>> {
        let mut gone = HashSet::new();
        self.inner
            .catalog
            .scan(records::gone_of(owner)?.prefix(), |key, _| {
                gone.extend(records::number_of(key).map(StreamId));
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        Ok(gone)
    }
}
