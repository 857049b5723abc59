//! What the store holds of logs, and under which keys.
//!
//! | key | value |
//! | --- | --- |
//! | `ACCOUNT/REGION/logs/group/NAME` | [`GroupRecord`] |
//! | `ACCOUNT/REGION/logs/stream/#OWNER/NAME` | the stream's id |
//! | `ACCOUNT/REGION/logs/stream-id/#OWNER/#STREAM` | [`StreamRecord`] |
//! | `000000000000/local/logs/owner/#OWNER` | [`OwnerRecord`]: what the sweep goes by |
//! | `000000000000/local/logs/gone/#OWNER/#STREAM` | a deleted stream whose lines may still be on disk |
//! | `000000000000/local/logs/ids` | the next id not handed out |
//! | `000000000000/local/logs/activity` | how far the streams' times are stored, a sequence number a shard |

use crate::groups::GroupClass;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use tinderbox_base::{AccountId, Caller, Error, Region, Result, Timestamp};
use tinderbox_segments::{Activity, OwnerId, StreamId};
use tinderbox_store::{Key, KeyBuilder, KeyRange, Segment};

const SERVICE: &str = "logs";

/// A log group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub(crate) owner: u64,
    pub(crate) created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention_days: Option<u32>,
    #[serde(default)]
    pub(crate) class: GroupClass,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// A log stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StreamRecord {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ingested: Option<Timestamp>,
}

/// An owner of lines, seen from the segments: its group, or that it is deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OwnerRecord {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention_days: Option<u32>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) deleted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl StreamRecord {
    /// The times with what happened since they were stored.
    pub(crate) fn merge(&mut self, activity: Activity) {
        let (first, last, ingested) = (activity.first, activity.last, activity.ingested);
        self.first = Some(self.first.map_or(first, |t| t.min(first)));
        self.last = Some(self.last.map_or(last, |t| t.max(last)));
        self.ingested = Some(self.ingested.map_or(ingested, |t| t.max(ingested)));
    }
}

/// Where a group's records are: its account and region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

impl From<&Caller> for Place {
    fn from(caller: &Caller) -> Self {
        Self { account: caller.account.clone(), region: caller.region.clone() }
    }
}

impl Place {
    fn of(&self, kind: &str) -> KeyBuilder {
        Key::of(&self.account, &self.region, SERVICE, kind)
    }

    pub(crate) fn groups(&self) -> Key {
        self.of("group").build()
    }

    pub(crate) fn group(&self, name: &str) -> Key {
        self.of("group").text(name).build()
    }

    pub(crate) fn streams(&self, owner: OwnerId) -> Key {
        self.of("stream").number(owner.0).build()
    }

    pub(crate) fn stream(&self, owner: OwnerId, name: &str) -> Key {
        self.of("stream").number(owner.0).text(name).build()
    }

    pub(crate) fn stream_ids(&self, owner: OwnerId) -> Key {
        self.of("stream-id").number(owner.0).build()
    }

    pub(crate) fn stream_id(&self, owner: OwnerId, stream: StreamId) -> Key {
        self.of("stream-id").number(owner.0).number(stream.0).build()
    }

    /// The ARN of a group, without the `:*` that some fields add.
    pub(crate) fn arn(&self, group: &str) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{group}", self.region, self.account)
    }
}

/// A key that belongs to the service, not to an account.
fn local(kind: &str) -> Result<KeyBuilder> {
    let account: AccountId = "000000000000".parse().map_err(Error::internal)?;
    let region: Region = "local".parse().map_err(Error::internal)?;
    Ok(Key::of(&account, &region, SERVICE, kind))
}

/// The keys whose last text begins with that of `key`.
pub(crate) fn beginning(key: &Key) -> KeyRange {
    let bytes = key.as_bytes();
    // A text ends with two bytes of its own; without them the key is a prefix of every longer text's.
    Key::from_bytes(bytes::Bytes::copy_from_slice(&bytes[..bytes.len().saturating_sub(2)])).prefix()
}

pub(crate) fn owners() -> Result<Key> {
    Ok(local("owner")?.build())
}

pub(crate) fn owner(owner: OwnerId) -> Result<Key> {
    Ok(local("owner")?.number(owner.0).build())
}

pub(crate) fn all_gone() -> Result<Key> {
    Ok(local("gone")?.build())
}

pub(crate) fn gone_of(owner: OwnerId) -> Result<Key> {
    Ok(local("gone")?.number(owner.0).build())
}

pub(crate) fn gone(owner: OwnerId, stream: StreamId) -> Result<Key> {
    Ok(local("gone")?.number(owner.0).number(stream.0).build())
}

pub(crate) fn ids() -> Result<Key> {
    Ok(local("ids")?.build())
}

pub(crate) fn activity() -> Result<Key> {
    Ok(local("activity")?.build())
}

/// The text that a key ends with.
pub(crate) fn name_of(key: &Key) -> Option<String> {
    if let Some(Segment::Text(name)) = key.segments().pop() { Some(name) } else { None }
}

/// The number that a key ends with.
pub(crate) fn number_of(key: &Key) -> Option<u64> {
    if let Some(Segment::Number(number)) = key.segments().pop() { Some(number) } else { None }
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<bytes::Bytes> {
    serde_json::to_vec(value).map(Into::into).map_err(Error::internal)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(Error::internal)
}
