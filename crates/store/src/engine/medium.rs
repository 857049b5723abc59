//! Where the tree's pages lie: a file of the store's directory.

use super::fault;
use crate::{StoreError, directory::Directory};
use redb::{StorageBackend, backends::FileBackend};
use rustix::fs::{StatVfsMountFlags, statvfs};
use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
};

/// What must stay free on the disk, in bytes. Below it the store refuses to write: a disk that fills up
/// in the middle of a commit would have to be found out from its errors.
const RESERVE: u64 = 16 << 20;

/// Where the tree's pages lie.
pub trait Medium: fmt::Debug + Send + Sync + 'static {
    /// What reads and writes the pages.
    type Backend: StorageBackend;
    /// Opens what holds the pages.
    fn open(&self) -> Result<Self::Backend, StoreError>;
    /// Refuses a batch that may write up to `bytes` if there is no room for it.
    fn room(&self, bytes: u64) -> Result<(), StoreError>;
    /// What a person calls it.
    fn path(&self) -> &Path;
}

/// A file of the store's directory.
#[derive(Debug)]
pub struct Pages {
    path: PathBuf,
    directory: Directory,
}

impl Pages {
    /// The file in `directory`, made when there is none; `make` fills a new one.
    pub(crate) fn open(
        directory: Directory,
        make: impl FnOnce(Unsynced) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        const FILE: &str = "tree";
        let rows = directory.rows(|new| {
            let file = File::options().read(true).write(true).create_new(true).open(new.join(FILE))?;
            make(Unsynced(FileBackend::new(file).map_err(|error| fault::opening(error, new))?))
        })?;
        Ok(Self { path: rows.join(FILE), directory })
    }
}

/// A file that is made durable as a whole once it is complete, and thrown away if a crash comes before.
#[derive(Debug)]
pub(crate) struct Unsynced(FileBackend);

impl StorageBackend for Unsynced {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> std::io::Result<()> {
        self.0.close()
    }
}

impl Medium for Pages {
    type Backend = FileBackend;

    fn open(&self) -> Result<FileBackend, StoreError> {
        let damaged = |what: &str| StoreError::Corrupt(format!("{} {what}", self.path.display()));
        let file = match File::options().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged("is missing")),
            Err(error) => return Err(error.into()),
        };
        // The tree would take an empty file for a new one.
        if file.metadata()?.len() == 0 {
            return Err(damaged("is empty"));
        }
        FileBackend::new(file).map_err(|error| fault::opening(error, &self.path))
    }

    fn room(&self, bytes: u64) -> Result<(), StoreError> {
        room(self.directory.path(), bytes + RESERVE)
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Pages {
    /// Bytes of the file.
    pub(crate) fn size(&self) -> Result<u64, StoreError> {
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

/// Refuses if the disk that holds `path` has less than `bytes` free or is read-only.
fn room(path: &Path, bytes: u64) -> Result<(), StoreError> {
    let disk = statvfs(path).map_err(std::io::Error::from)?;
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Err(StoreError::Unwritable(format!("{} is read-only", path.display())));
    }
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < bytes {
        return Err(StoreError::Unwritable(format!(
            "{} has {} MiB free and needs {}",
            path.display(),
            free >> 20,
            bytes.div_ceil(1 << 20)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_before_it_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        room(dir.path(), 1).unwrap();
        assert!(matches!(room(dir.path(), u64::MAX), Err(StoreError::Unwritable(_))));
        assert!(matches!(room(&dir.path().join("none"), 1), Err(StoreError::Io(_))));
    }
}
