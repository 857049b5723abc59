//! Groups and streams in the store: finding and making them.

use crate::{
    groups::GroupClass,
    ids::Ids,
    records::{self, GroupRecord, OwnerRecord, Place, StreamRecord, decode, encode},
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};
use tinderbox_base::{Clock, Error, ErrorKind, Result};
use tinderbox_segments::{OwnerId, StreamId};
use tinderbox_store::{Check, Commit, Key, KeyRange, Op, Store, StoreError, Version};

/// Attempts to change a record that others change too.
pub(crate) const ATTEMPTS: usize = 16;
/// Streams whose ids are remembered; beyond it all are forgotten and found again in the store.
const REMEMBERED: usize = 4096;

/// Entries read from the store at once.
const SCAN_STEP: usize = 512;

/// A stream, by its names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StreamName {
    pub(crate) place: Place,
    pub(crate) group: String,
    pub(crate) stream: String,
}

/// A stream, by its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StreamIds {
    pub(crate) owner: OwnerId,
    pub(crate) stream: StreamId,
}

/// The records of groups and streams.
pub(crate) struct Catalog {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    streams: HashMap<StreamName, StreamIds>,
    /// How often something was deleted: what was looked up before must not be remembered after.
    deletions: u64,
}

/// A group as it was read.
#[derive(Clone, Debug)]
pub(crate) struct FoundGroup {
    pub(crate) record: GroupRecord,
    pub(crate) version: Version,
}

impl FoundGroup {
    pub(crate) fn owner(&self) -> OwnerId {
        OwnerId(self.record.owner)
    }
}

pub(crate) fn no_group() -> Error {
    Error::not_found("The specified log group does not exist.")
}

pub(crate) fn no_stream() -> Error {
    Error::not_found("The specified log stream does not exist.")
}

/// The error when a record was changed by others at every attempt.
pub(crate) fn contended() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "Multiple concurrent requests to update the same resource were in conflict.",
    )
    .with_code("OperationAbortedException")
}

impl Catalog {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, ids: Ids::default(), remembered: Mutex::default() }
    }

    /// The group of that name.
    pub(crate) async fn group(&self, place: &Place, name: &str) -> Result<FoundGroup> {
        self.find_group(place, name).await?.ok_or_else(no_group)
    }

    async fn find_group(&self, place: &Place, name: &str) -> Result<Option<FoundGroup>> {
        let found = self.store.get(&place.group(name)).await?;
        found.map(|v| Ok(FoundGroup { record: decode(&v.value)?, version: v.version })).transpose()
    }

    /// Makes a group; an error when it exists.
    pub(crate) async fn create_group(
        &self,
        place: &Place,
        name: &str,
        class: GroupClass,
        tags: BTreeMap<String, String>,
    ) -> Result<()> {
        let owner = OwnerId(self.ids.next(&self.store).await?);
        let created = self.clock.now();
        let group = GroupRecord { owner: owner.0, created, retention_days: None, class, tags };
        let (account, region) = (place.account.clone(), place.region.clone());
        let record = OwnerRecord { account, region, retention_days: None, deleted: false };
        let key = place.group(name);
        let commit = Commit {
            checks: vec![Check::Absent(key.clone())],
            ops: vec![Op::Put(key, encode(&group)?), Op::Put(records::owner(owner)?, encode(&record)?)],
            appends: vec![],
        };
        match self.store.commit(commit).await {
            Ok(_) => Ok(()),
            Err(StoreError::CheckFailed(_)) => Err(Error::conflict("The specified log group already exists")),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a group's record, and its owner's with it.
    pub(crate) async fn change_group(
        &self,
        place: &Place,
        name: &str,
        change: impl Fn(&mut GroupRecord) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let mut found = self.group(place, name).await?;
            change(&mut found.record)?;
            let record = OwnerRecord {
                account: place.account.clone(),
                region: place.region.clone(),
                retention_days: found.record.retention_days,
                deleted: false,
            };
            let key = place.group(name);
            let commit = Commit {
                checks: vec![Check::Version(key.clone(), found.version)],
                ops: vec![
                    Op::Put(key, encode(&found.record)?),
                    Op::Put(records::owner(found.owner())?, encode(&record)?),
                ],
                appends: vec![],
            };
            if self.committed(commit).await? {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Deletes a group. Its streams and lines are unreachable from then on, and removed by the sweep.
    pub(crate) async fn delete_group(&self, place: &Place, name: &str) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let found = self.group(place, name).await?;
            let (account, region) = (place.account.clone(), place.region.clone());
            let record = OwnerRecord { account, region, retention_days: None, deleted: true };
            let key = place.group(name);
            let commit = Commit {
                checks: vec![Check::Version(key.clone(), found.version)],
                ops: vec![Op::Delete(key), Op::Put(records::owner(found.owner())?, encode(&record)?)],
                appends: vec![],
            };
            if self.committed(commit).await? {
                self.forget(|n| n.place == *place && n.group == name);
                return Ok(());
            }
        }
        Err(contended())
    }

    /// The id of a stream.
    pub(crate) async fn stream(&self, place: &Place, owner: OwnerId, name: &str) -> Result<Option<StreamId>> {
        let found = self.store.get(&place.stream(owner, name)).await?;
        found.map(|v| decode(&v.value).map(StreamId)).transpose()
    }

    /// A stream's record.
    pub(crate) async fn stream_record(&self, place: &Place, ids: StreamIds) -> Result<Option<StreamRecord>> {
        let found = self.store.get(&place.stream_id(ids.owner, ids.stream)).await?;
        found.map(|v| decode(&v.value)).transpose()
    }

    /// Makes a stream; none when it exists.
    pub(crate) async fn create_stream(
        &self,
        place: &Place,
        group: &str,
        name: &str,
    ) -> Result<Option<StreamIds>> {
        for _ in 0..ATTEMPTS {
            let found = self.group(place, group).await?;
            let owner = found.owner();
            if self.stream(place, owner, name).await?.is_some() {
                return Ok(None);
            }
            let stream = StreamId(self.ids.next(&self.store).await?);
            let created = self.clock.now();
            let record = StreamRecord { name: name.into(), created, first: None, last: None, ingested: None };
            let by_name = place.stream(owner, name);
            let commit = Commit {
                checks: vec![
                    Check::Version(place.group(group), found.version),
                    Check::Absent(by_name.clone()),
                ],
                ops: vec![
                    Op::Put(by_name, encode(&stream.0)?),
                    Op::Put(place.stream_id(owner, stream), encode(&record)?),
                ],
                appends: vec![],
            };
            if self.committed(commit).await? {
                return Ok(Some(StreamIds { owner, stream }));
            }
        }
        Err(contended())
    }

    /// Deletes a stream, leaving a mark for the sweep.
    pub(crate) async fn delete_stream(&self, place: &Place, group: &str, name: &str) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let owner = self.group(place, group).await?.owner();
            let by_name = place.stream(owner, name);
            let found = self.store.get(&by_name).await?.ok_or_else(no_stream)?;
            let stream = StreamId(decode(&found.value)?);
            let commit = Commit {
                checks: vec![Check::Version(by_name.clone(), found.version)],
                ops: vec![
                    Op::Delete(by_name),
                    Op::Delete(place.stream_id(owner, stream)),
                    Op::Put(records::gone(owner, stream)?, bytes::Bytes::new()),
                ],
                appends: vec![],
            };
            if self.committed(commit).await? {
                self.forget(|n| n.place == *place && n.group == group && n.stream == name);
                return Ok(());
            }
        }
        Err(contended())
    }

    /// The ids of a stream, made with its group if need be. Remembered.
    pub(crate) async fn resolve(&self, name: &StreamName) -> Result<StreamIds> {
        let deletions = {
            let remembered = self.lock();
            if let Some(ids) = remembered.streams.get(name) {
                return Ok(*ids);
            }
            remembered.deletions
        };
        let ids = self.find_or_make(name).await?;
        let mut remembered = self.lock();
        if remembered.streams.len() >= REMEMBERED {
            remembered.streams.clear();
        }
        if remembered.deletions == deletions {
            remembered.streams.insert(name.clone(), ids);
        }
        Ok(ids)
    }

    async fn find_or_make(&self, name: &StreamName) -> Result<StreamIds> {
        let place = &name.place;
        for _ in 0..ATTEMPTS {
            let Some(group) = self.find_group(place, &name.group).await? else {
                match self.create_group(place, &name.group, GroupClass::Standard, BTreeMap::new()).await {
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    made => made?,
                }
                continue;
            };
            let owner = group.owner();
            if let Some(stream) = self.stream(place, owner, &name.stream).await? {
                return Ok(StreamIds { owner, stream });
            }
            match self.create_stream(place, &name.group, &name.stream).await {
                Ok(Some(ids)) => return Ok(ids),
                Ok(None) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Err(contended())
    }

    fn forget(&self, which: impl Fn(&StreamName) -> bool) {
        let mut remembered = self.lock();
        remembered.deletions += 1;
        remembered.streams.retain(|name, _| !which(name));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits; false when others were faster.
    pub(crate) async fn committed(&self, commit: Commit) -> Result<bool> {
        match self.store.commit(commit).await {
            Ok(_) => Ok(true),
            Err(StoreError::CheckFailed(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Calls `each` for every entry of `range`, until it says to stop.
    pub(crate) async fn scan(
        &self,
        mut range: KeyRange,
        mut each: impl FnMut(&Key, &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        loop {
            let entries = self.store.range(&range, SCAN_STEP).await?;
            for entry in &entries {
                if each(&entry.key, &entry.value)?.is_break() {
                    return Ok(());
                }
            }
            match entries.last() {
                Some(last) if entries.len() == SCAN_STEP => range = range.after(&last.key),
                _ => return Ok(()),
            }
        }
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}
