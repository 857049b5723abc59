//! When streams got their events. The times are kept in memory and stored every few seconds; what was not
//! stored when the server was killed is found again in the segments' headers.

use crate::{
    catalog::{Catalog, StreamIds},
    records::{self, OwnerRecord, Place, StreamRecord},
};
use std::{
    collections::hash_map::{
        Entry::{Occupied, Vacant},
        HashMap,
    },
    sync::{Mutex, MutexGuard, PoisonError},
};
use tinderbox_base::{Result, Timestamp};
use tinderbox_segments::{Activity, Batch, OwnerId, Segments};
use tinderbox_store::{Check, Commit, Op};

/// Streams changed in one commit.
const STEP: usize = 128;

/// The times that are not stored yet.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    streams: Mutex<HashMap<StreamIds, Activity>>,
}

impl Pending {
    /// Notes what was appended.
    pub(crate) fn note(&self, activity: HashMap<StreamIds, Activity>) {
        let mut streams = self.lock();
        for (ids, new) in activity {
            streams.entry(ids).and_modify(|a| a.merge(new)).or_insert(new);
        }
    }

    /// Notes what the segments hold that was not stored before the server ended.
    pub(crate) async fn recover(&self, catalog: &Catalog, segments: &Segments) -> Result<()> {
        let stored = catalog.store.get(&records::activity()?).await?;
        let since: Vec<u64> = stored.map_or(Ok(Vec::new()), |v| records::decode(&v.value))?;
        let found = segments.activity_since(&since)?;
        let mut streams = self.lock();
        for ((owner, stream), activity) in found {
            streams.insert(StreamIds { owner, stream }, activity);
        }
        Ok(())
    }

    /// The record with what is not stored yet.
    pub(crate) fn merged(&self, ids: StreamIds, mut record: StreamRecord) -> StreamRecord {
        if let Some(activity) = self.lock().get(&ids) {
            record.merge(*activity);
        }
        record
    }

    /// How many streams have times that are not stored.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Stores all times. What cannot be stored stays pending.
    pub(crate) async fn store(&self, catalog: &Catalog, segments: &Segments) -> Result<()> {
        // Taken before the times: what is appended from here on is found again by a later position.
        let positions = segments.positions();
        let pending: Vec<(StreamIds, Activity)> = self.lock().iter().map(|(k, v)| (*k, *v)).collect();
        let mut homes: HashMap<OwnerId, Option<Place>> = HashMap::new();
        for step in pending.chunks(STEP) {
            let mut commit = Commit::default();
            for (ids, activity) in step {
                let home = match homes.entry(ids.owner) {
                    Occupied(known) => known.into_mut(),
                    Vacant(unknown) => unknown.insert(home(catalog, ids.owner).await?),
                };
                let Some(place) = home else { continue };
                let key = place.stream_id(ids.owner, ids.stream);
                let Some(found) = catalog.store.get(&key).await? else { continue };
                let mut record: StreamRecord = records::decode(&found.value)?;
                record.merge(*activity);
                commit.checks.push(Check::Version(key.clone(), found.version));
                commit.ops.push(Op::Put(key, records::encode(&record)?));
            }
            if !commit.ops.is_empty() && !catalog.committed(commit).await? {
                // A stream was deleted meanwhile: the next round goes without it.
                return Ok(());
            }
            let mut streams = self.lock();
            for (ids, activity) in step {
                if streams.get(ids) == Some(activity) {
                    streams.remove(ids);
                }
            }
        }
        let op = Op::Put(records::activity()?, records::encode(&positions)?);
        catalog.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StreamIds, Activity>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What appending `batches` at `ingested` does to their streams' times.
pub(crate) fn of(ingested: Timestamp, batches: &[Batch]) -> HashMap<StreamIds, Activity> {
    let mut streams: HashMap<StreamIds, Activity> = HashMap::new();
    for batch in batches {
        for record in &batch.records {
            let ids = StreamIds { owner: batch.owner, stream: record.stream };
            let new = Activity { first: record.time, last: record.time, ingested };
            streams.entry(ids).and_modify(|a| a.merge(new)).or_insert(new);
        }
    }
    streams
}

/// Where the records of an owner's streams are; none when it is deleted.
async fn home(catalog: &Catalog, owner: OwnerId) -> Result<Option<Place>> {
    let Some(found) = catalog.store.get(&records::owner(owner)?).await? else { return Ok(None) };
    let record: OwnerRecord = records::decode(&found.value)?;
    Ok((!record.deleted).then_some(Place { account: record.account, region: record.region }))
}
