//! What is done to a tree that nobody else uses.

use super::{Batch, Tree, fault, make, open};
use crate::{
    StoreError,
    directory::Directory,
    engine::medium::{Medium, Pages},
};
use redb::{CompactionError, Database};
use std::{io, sync::PoisonError};

/// How often compacting begins again at most; each time it moves what it can.
const MAX_PASSES: usize = 100;

impl Tree {
    /// A new tree in `directory`, put in place only when `fill` has written all of it.
    pub(crate) fn filled(
        directory: Directory,
        fill: impl FnOnce(&mut dyn FnMut(&Batch) -> Result<(), StoreError>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        Self::on(Pages::open(directory, |pages| {
            fault::guarded(|| {
                let database = open(pages)?;
                make(&database)?;
                fill(&mut |batch| Self::write(&database, batch))
            })
        })?)
    }

    /// Bytes of the file.
    pub(crate) fn size(&self) -> Result<u64, StoreError> {
        self.medium.size()
    }

    /// Checks every page against its checksum.
    pub(crate) fn verify_pages(&self) -> Result<(), StoreError> {
        self.alone(|database| match database.check_integrity() {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Corrupt("pages do not match their checksums".to_owned())),
            Err(error) => Err(fault::opening(error, self.medium.path())),
        })
    }

    /// Moves pages to the front and cuts the file.
    pub(crate) fn compact(&self) -> Result<(), StoreError> {
        self.alone(|database| {
            for _ in 0..MAX_PASSES {
                match database.compact() {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(CompactionError::Storage(error)) => return Err(fault::storage(error)),
                    Err(error) => return Err(StoreError::Io(io::Error::other(error))),
                }
            }
            Ok(())
        })
    }

    fn alone<T>(&self, work: impl FnOnce(&mut Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let closed = || StoreError::Io(io::Error::other("the store could not be opened again"));
        fault::guarded(|| work(database.as_mut().ok_or_else(closed)?))
    }
}
