//! Ids of owners and streams: numbers that are never handed out twice, drawn from the store in chunks.

use crate::records;
use std::sync::Arc;
use tinderbox_base::{Error, ErrorKind, Result};
use tinderbox_store::{Check, Commit, Op, Store, StoreError};
use tokio::sync::Mutex;

/// Ids taken at once; those not used when the server ends are skipped.
const CHUNK: u64 = 1024;
/// Attempts against others who draw at the same time.
const ATTEMPTS: usize = 16;

/// Hands out ids.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// The next one and the end of the chunk.
    chunk: Mutex<(u64, u64)>,
}

impl Ids {
    /// The next id.
    pub(crate) async fn next(&self, store: &Arc<dyn Store>) -> Result<u64> {
        let mut chunk = self.chunk.lock().await;
        if chunk.0 == chunk.1 {
            *chunk = draw(store).await?;
        }
        let id = chunk.0;
        chunk.0 += 1;
        Ok(id)
    }

    /// An id that is greater than every one handed out so far, and not greater than any later one.
    pub(crate) async fn bound(&self, store: &Arc<dyn Store>) -> Result<u64> {
        let chunk = self.chunk.lock().await;
        if chunk.0 < chunk.1 {
            return Ok(chunk.0);
        }
        let stored = store.get(&records::ids()?).await?;
        stored.map_or(Ok(1), |v| records::decode(&v.value))
    }
}

async fn draw(store: &Arc<dyn Store>) -> Result<(u64, u64)> {
    let key = records::ids()?;
    for _ in 0..ATTEMPTS {
        let stored = store.get(&key).await?;
        let (check, next) = match &stored {
            Some(v) => (Check::Version(key.clone(), v.version), records::decode(&v.value)?),
            None => (Check::Absent(key.clone()), 1u64),
        };
        let put = Op::Put(key.clone(), records::encode(&(next + CHUNK))?);
        match store.commit(Commit { checks: vec![check], ops: vec![put], appends: vec![] }).await {
            Ok(_) => return Ok((next, next + CHUNK)),
            Err(StoreError::CheckFailed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(ErrorKind::Unavailable, "Too many requests create log groups and streams at once."))
}
