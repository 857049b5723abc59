//! What needs nothing but the disk, opened while processes start.

use super::core::StartError;
use std::{path::Path, sync::Arc};
use tinderbox_base::{Clock, Error, Monotonic, Random, config::Config};
use tinderbox_blobs::Blobs;
use tinderbox_identity::{Identity, Vault};
use tinderbox_logs::Logs;
use tinderbox_store::{Locked, Store};
use tokio::task::spawn_blocking;

/// The parts that keep something.
pub(super) struct Stored {
    pub(super) store: Arc<dyn Store>,
    pub(super) identity: Arc<Identity>,
    pub(super) logs: Logs,
    pub(super) blobs: Blobs,
}

impl Stored {
    /// Opens what is in the data directory, whose lock the caller holds.
    pub(super) async fn open(
        config: &Config,
        locked: Locked,
        data: &Path,
        (clock, random): (&Arc<dyn Clock>, &Arc<dyn Random>),
    ) -> Result<Self, StartError> {
        // Not here, where waiting for the disk would hold up what runs beside.
        let opened = spawn_blocking({
            let (clock, random, data) = (Arc::clone(clock), Arc::clone(random), data.to_owned());
            move || {
                let store: Arc<dyn Store> = Arc::new(locked.open(Arc::clone(&clock))?);
                let identity = identity(&store, &clock, &random, &data)?;
                let blobs = Blobs::open(data.join("blobs"), clock).map_err(Error::internal)?;
                Ok::<_, StartError>((store, Arc::new(identity), blobs))
            }
        });
        let (store, identity, blobs) = opened.await.map_err(Error::internal)??;
        let logs = Logs::open(tinderbox_logs::Deps {
            dir: data.join("logs"),
            store: Arc::clone(&store),
            clock: Arc::clone(clock),
            config: config.logs.clone(),
        });
        Ok(Self { logs: logs.await?, store, identity, blobs })
    }
}

/// The users, roles and keys, whose secrets are kept in `keys` of the data directory.
pub(crate) fn identity(
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    data: &Path,
) -> Result<Identity, StartError> {
    let vault = Vault::open(&data.join("keys"), &**random).map_err(StartError::Directory)?;
    Ok(Identity::new(Arc::clone(store), Arc::clone(clock), Arc::clone(random), vault))
}

/// Tells the operator's log how long the start takes.
pub(super) struct Stages<'a> {
    clock: &'a dyn Clock,
    begun: Monotonic,
}

impl<'a> Stages<'a> {
    pub(super) fn begin(clock: &'a dyn Clock) -> Self {
        Self { clock, begun: clock.monotonic() }
    }

    /// A stage is over.
    pub(super) fn reached(&self, stage: &str) {
        tracing::debug!(after = ?self.clock.monotonic().since(self.begun), "{stage}");
    }
}
