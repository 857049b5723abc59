//! `GetLogEvents`.

use crate::{
    catalog::{FoundGroup, no_stream},
    logs::{Logs, blocking},
    put::{EVENT_OVERHEAD, kept_since},
    records::Place,
    token::{self, Token},
};
use std::ops::Range;
use tinderbox_base::{Caller, Error, Result, Timestamp};
use tinderbox_segments::{Content, Found, Limits, Order, Position, Query, Streams};

/// Events of one page (`GetLogEvents` reference).
pub(crate) const MAX_PAGE_EVENTS: usize = 10_000;
/// Bytes of one page (`GetLogEvents` reference: 1 MB).
pub(crate) const MAX_PAGE_BYTES: usize = 1_048_576;

/// What to get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetEvents {
    /// The group's name or its ARN.
    pub group: String,
    /// The stream's name.
    pub stream: String,
    /// The time of the first event wanted.
    pub start: Option<Timestamp>,
    /// The time before which all events wanted are.
    pub end: Option<Timestamp>,
    /// A token of an earlier page: which way it reads on is in the token.
    pub token: Option<String>,
    /// Events at most; otherwise as many as a page holds.
    pub limit: Option<usize>,
    /// Without a token: begin with the earliest events instead of ending with the latest.
    pub from_head: bool,
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub time: Timestamp,
    /// When it was taken in.
    pub ingested: Timestamp,
    /// The text.
    pub message: String,
}

/// A page of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsPage {
    /// In order of time.
    pub events: Vec<Event>,
    /// Reads on behind this page; the token that was sent when there is nothing (yet).
    pub forward: String,
    /// Reads on before this page; the token that was sent when there is nothing.
    pub backward: String,
}

impl Logs {
    /// A page of a stream's events, those handed over before the call included.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a token that is none of ours.
    pub async fn get_events(&self, caller: &Caller, get: GetEvents) -> Result<EventsPage> {
        let place = Place::from(caller);
        let token = get.token.as_deref().map(Token::parse).transpose()?;
        self.inner.settle().await;
        let (_, group) = self.group_of(&place, &get.group).await?;
        let owner = group.owner();
        let stream = self.inner.catalog.stream(&place, owner, &get.stream).await?.ok_or_else(no_stream)?;
        let whole = window(&group, self.inner.clock.now(), get.start, get.end);
        let (range, order) = match token {
            Some(Token::After(at)) => (at.next().max(whole.start)..whole.end, Order::OldestFirst),
            Some(Token::Before(at)) => (whole.start..at.min(whole.end), Order::NewestFirst),
            None if get.from_head => (whole.clone(), Order::OldestFirst),
            None => (whole.clone(), Order::NewestFirst),
        };
        let limits = Limits {
            records: get.limit.unwrap_or(MAX_PAGE_EVENTS).clamp(1, MAX_PAGE_EVENTS),
            bytes: MAX_PAGE_BYTES,
            overhead: EVENT_OVERHEAD,
            scanned: u64::MAX,
        };
        let segments = self.inner.segments.clone();
        let page = blocking(move || {
            let query = Query { owner, streams: Streams::One(stream), range, order, limits };
            segments.read(&query, |_| true).map_err(Error::from)
        })
        .await?;
        let (forward, backward) = tokens(&page.records, token, whole.start);
        let events = page.records.into_iter().map(event).collect();
        Ok(EventsPage { events, forward, backward })
    }

    /// The group that a name or an ARN names, with its name.
    pub(crate) async fn group_of(&self, place: &Place, identifier: &str) -> Result<(String, FoundGroup)> {
        let arn = place.arn("");
        let name = identifier.strip_prefix(&arn).map_or(identifier, |name| name.trim_end_matches(":*"));
        Ok((name.to_owned(), self.inner.catalog.group(place, name).await?))
    }
}

/// The positions between two times, those left out whose retention has passed.
pub(crate) fn window(
    group: &FoundGroup,
    now: Timestamp,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
) -> Range<Position> {
    let kept = group.record.retention_days.map(|days| kept_since(now, days));
    let start = start.unwrap_or_default().max(kept.unwrap_or_default()).max(Timestamp::default());
    Position::at(start)..end.map_or(Position::MAX, Position::at)
}

/// The tokens of a page. At an end of the stream, the token that was sent is given back; the other one then
/// turns around without skipping anything.
fn tokens(records: &[Found], sent: Option<Token>, start: Position) -> (String, String) {
    match (records.first(), records.last(), sent) {
        (Some(first), Some(last), _) => (Token::after(last.at), Token::before(first.at)),
        (_, _, Some(Token::After(at))) => (Token::after(at), Token::before(at.next())),
        (_, _, Some(Token::Before(at))) => (Token::from(at), Token::before(at)),
        _ => (Token::from(start), Token::before(start)),
    }
}

fn event(found: Found) -> Event {
    Event { time: found.at.time, ingested: found.ingested, message: message(&found.content) }
}

/// The text of an event. Where lines are damaged on disk, it says so in their place.
pub(crate) fn message(content: &Content) -> String {
    match content {
        Content::Body(body) => String::from_utf8_lossy(body).into_owned(),
        Content::Damaged(count) => {
            format!("[tinderbox] {count} log events that were here are damaged on disk and cannot be shown")
        }
    }
}

/// The error for a token, told here so that both readers share it.
pub(crate) fn position_of(token: &str) -> Result<Position> {
    token::parse_event_id(token).ok_or_else(token::invalid)
}
