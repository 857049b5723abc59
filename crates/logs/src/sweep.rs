//! The sweep: what is deleted and what has expired goes from disk.

use crate::{
    logs::{Inner, blocking},
    put::kept_since,
    records::{self, OwnerRecord, Place},
};
use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};
use tinderbox_base::{Error, Result};
use tinderbox_segments::{Keep, OwnerId, Retention, StreamId};
use tinderbox_store::{Commit, Op};

/// What is wanted, as of one moment.
#[derive(Debug)]
struct Wanted {
    owners: HashMap<OwnerId, Keep>,
    gone: HashMap<OwnerId, HashSet<StreamId>>,
    /// Owners from here on were made after that moment.
    newer: OwnerId,
}

impl Retention for Wanted {
    fn keep(&self, owner: OwnerId) -> Keep {
        match self.owners.get(&owner) {
            Some(keep) => keep.clone(),
            None if owner >= self.newer => Keep::All,
            None => Keep::Nothing,
        }
    }

    fn is_gone(&self, owner: OwnerId, stream: StreamId) -> bool {
        self.gone.get(&owner).is_some_and(|streams| streams.contains(&stream))
    }

    fn has_gone(&self, owner: OwnerId) -> bool {
        self.gone.contains_key(&owner)
    }
}

impl Inner {
    /// Removes what is deleted and what has expired.
    pub(crate) async fn sweep(&self) -> Result<usize> {
        let catalog = &self.catalog;
        let newer = OwnerId(catalog.ids.bound(&catalog.store).await?);
        let now = self.clock.now();
        let mut wanted = Wanted { owners: HashMap::new(), gone: HashMap::new(), newer };
        let mut dead: Vec<(OwnerId, Place)> = Vec::new();
        catalog
            .scan(records::owners()?.prefix(), |key, value| {
                let owner = OwnerId(records::number_of(key).unwrap_or_default());
                let record: OwnerRecord = records::decode(value)?;
                let keep = match (record.deleted, record.retention_days) {
                    (true, _) => {
                        dead.push((owner, Place { account: record.account, region: record.region }));
                        Keep::Nothing
                    }
                    (false, Some(days)) => Keep::Since(kept_since(now, days)),
                    (false, None) => Keep::All,
                };
                wanted.owners.insert(owner, keep);
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        let mut marks = Vec::new();
        catalog
            .scan(records::all_gone()?.prefix(), |key, _| {
                if let [.., owner, stream] = &key.segments()[..]
                    && let (Some(owner), Some(stream)) = (number(owner), number(stream))
                {
                    wanted.gone.entry(OwnerId(owner)).or_default().insert(StreamId(stream));
                    marks.push(key.clone());
                }
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        let segments = self.segments.clone();
        let changed = blocking(move || segments.sweep(&wanted).map_err(Error::from)).await?;
        // Only now is nothing left on disk that these records explain.
        for (owner, place) in dead {
            catalog.store.delete_range(&place.streams(owner).prefix()).await?;
            catalog.store.delete_range(&place.stream_ids(owner).prefix()).await?;
            marks.push(records::owner(owner)?);
        }
        for step in marks.chunks(512) {
            let ops = step.iter().cloned().map(Op::Delete).collect();
            catalog.store.commit(Commit { ops, ..Commit::default() }).await?;
        }
        Ok(changed)
    }
}

fn number(segment: &tinderbox_store::Segment) -> Option<u64> {
    if let tinderbox_store::Segment::Number(number) = segment { Some(*number) } else { None }
}
