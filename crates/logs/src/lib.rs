//! CloudWatch Logs as a service: groups, streams, events, retention.
//!
//! What groups and streams are lives in the store; the lines live in segments, found by ids that are never
//! used again. So deleting a group is one commit, and its lines are unreachable from then on; a sweep removes
//! them from disk. No protocol is spoken here.

mod activity;
mod background;
mod catalog;
mod events;
mod filter;
#[cfg(test)]
mod fuzz;
mod groups;
mod ids;
mod intake;
mod logs;
mod pattern;
mod put;
mod records;
mod streams;
mod sweep;
mod tags;
mod token;

pub use events::{Event, EventsPage, GetEvents};
pub use filter::{FilterEvents, FilteredEvent, FilteredPage};
pub use groups::{CreateGroup, DescribeGroups, Group, GroupClass, GroupsPage, RETENTION_DAYS};
pub use logs::{Deps, Logs, Stats};
pub use pattern::Pattern;
pub use put::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, Put, Rejected};
pub use streams::{DescribeStreams, Stream, StreamOrder, StreamsPage};
