//! The store's directory: who has it open, and in which format it is.
//!
//! `lock` is held by the process that has the store open, `format` names the format version, and
//! `rows` is the engine's. The directory comes into being in steps, each durable before the next,
//! so that a crash on the way leaves something that the next start completes.

use crate::StoreError;
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The format this program writes. It reads this one and the one before it.
pub(crate) const FORMAT: u32 = 1;

/// The oldest format this program reads.
const OLDEST: u32 = 1;

const LOCK: &str = "lock";
const FORMAT_FILE: &str = "format";
const FORMAT_WORDS: &str = "tinderbox-store ";
const ROWS: &str = "rows";
const NEW_ROWS: &str = "rows.new";

/// A directory that this process alone has open.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory if there is none, locks it and checks its format.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let directory = Self::lock(path)?;
        directory.check_format()?;
        Ok(directory)
    }

    /// Makes the directory if there is none, and locks it.
    pub(crate) fn lock(path: &Path) -> Result<Self, StoreError> {
        create_dir(path)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(StoreError::Locked(path.to_owned())),
            Err(error) => return Err(io::Error::from(error).into()),
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the engine has its directory: a store that was made.
    pub(crate) fn has_rows(&self) -> Result<bool, StoreError> {
        Ok(self.path.join(ROWS).try_exists()?)
    }

    /// The engine's own directory. When there is none, `make` fills a new one, which then is put in place whole.
    pub(crate) fn rows(
        &self,
        make: impl FnOnce(&Path) -> Result<(), StoreError>,
    ) -> Result<PathBuf, StoreError> {
        let (rows, new) = (self.path.join(ROWS), self.path.join(NEW_ROWS));
        if rows.try_exists()? {
            return Ok(rows);
        }
        // What a crash left half made was never in use.
        match fs::remove_dir_all(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs::create_dir(&new)?;
        make(&new)?;
        sync_tree(&new)?;
        fs::rename(&new, &rows)?;
        sync(&self.path)?;
        Ok(rows)
    }

    /// Checks the format, and writes it where there is none yet.
    pub(crate) fn check_format(&self) -> Result<(), StoreError> {
        let file = self.path.join(FORMAT_FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.write_format(&file),
            Err(error) => return Err(error.into()),
        };
        let version = text.strip_prefix(FORMAT_WORDS).and_then(|rest| rest.trim_end().parse::<u32>().ok());
        match version {
            Some(OLDEST..=FORMAT) => Ok(()),
            Some(newer) if newer > FORMAT => Err(StoreError::Corrupt(format!(
                "{} is in format {newer} and this program reads up to {FORMAT}: use a newer one",
                self.path.display()
            ))),
            Some(older) => Err(StoreError::Corrupt(format!(
                "{} is in format {older} and this program reads from {OLDEST} on: use an older one first",
                self.path.display()
            ))),
            None => Err(StoreError::Corrupt(format!("{} does not name a format", file.display()))),
        }
    }

    /// Writes the format of a new store. Without it there can be no rows: it is written first.
    fn write_format(&self, file: &Path) -> Result<(), StoreError> {
        if self.path.join(ROWS).try_exists()? {
            return Err(StoreError::Corrupt(format!("{} is missing beside the rows", file.display())));
        }
        let new = file.with_extension("new");
        let mut writer = File::create(&new)?;
        writeln!(writer, "{FORMAT_WORDS}{FORMAT}")?;
        writer.sync_all()?;
        fs::rename(&new, file)?;
        sync(&self.path)?;
        Ok(())
    }
}

/// Makes `path` and the directories above it that are missing, each durable in its parent.
fn create_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => {
            create_dir(parent)?;
            parent
        }
        _ => Path::new("."),
    };
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync(parent)
}

/// Makes every file and directory under `path` durable.
fn sync_tree(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { sync_tree(&entry.path())? } else { sync(&entry.path())? }
    }
    sync(path)
}

/// Makes one file, or the names in one directory, durable.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, expect: Result<(), &str>) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FORMAT_FILE), format).unwrap();
        match (Directory::open(dir.path()), expect) {
            (Ok(_), Ok(())) => {}
            (Err(StoreError::Corrupt(message)), Err(part)) => assert!(message.contains(part), "{message}"),
            (outcome, _) => panic!("{format:?} gave {outcome:?}"),
        }
    }

    #[test]
    fn formats_that_are_read() {
        check("tinderbox-store 1\n", Ok(()));
        check("tinderbox-store 2\n", Err("format 2 and this program reads up to 1: use a newer one"));
        check("tinderbox-store 0\n", Err("from 1 on"));
        check("tinderbox-store one\n", Err("does not name a format"));
        check("", Err("does not name a format"));
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = Directory::open(dir.path()).unwrap();
        assert!(matches!(Directory::open(dir.path()), Err(StoreError::Locked(path)) if path == dir.path()));
        drop(first);
        Directory::open(dir.path()).unwrap();
    }

    #[test]
    fn rows_without_a_format_are_not_taken_for_a_new_store() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(ROWS)).unwrap();
        assert!(matches!(Directory::open(dir.path()), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn rows_half_made_are_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(&dir.path().join("deep/down")).unwrap();
        let failed = directory.rows(|new| {
            fs::write(new.join("half"), "x")?;
            Err(StoreError::Unwritable("full".to_owned()))
        });
        assert!(matches!(failed, Err(StoreError::Unwritable(_))));
        let rows = directory.rows(|new| Ok(fs::write(new.join("whole"), "x")?)).unwrap();
        assert!(rows.join("whole").exists() && !rows.join("half").exists());
    }
}
