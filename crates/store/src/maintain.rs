//! What an operator does to a store that no server has open: check, compact, export, import.
//!
//! An export is what was written, row by row, so that a store can leave a damaged disk or an older format. It begins with
//! a line of text that names its version; each row is the lengths of key and value (4 big-endian bytes each), key and
//! value; at the end stand a length that no key has, the number of rows (8 bytes) and the CRC-32 of all before it.

use crate::{
    StoreError,
    directory::Directory,
    engine::{Batch, Engine, Row, RowRange, View, tree::Tree},
    limits::{KEY_LIMIT, OWNER_LIMIT, VALUE_LIMIT},
    row::{Head, Kind},
};
use bytes::Bytes;
use std::{
    collections::HashMap,
    io::{self, Read, Write},
    ops::ControlFlow,
    path::Path,
};

/// What an export begins with; a reader refuses another version.
const EXPORT: &[u8] = b"tinderbox-store-export 1\n";

/// The key length that ends an export.
const END: u32 = u32::MAX;

/// Bytes of a row beside key and value of the store: kinds, lengths, offsets, versions.
const ROW_OVERHEAD: usize = 64;

/// Rows that one batch of an import holds, and their bytes.
const STEP_ROWS: usize = 4096;
const STEP_BYTES: usize = 4 << 20;

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Keys with a value.
    pub items: u64,
    /// Claims, lapsed ones included.
    pub leases: u64,
    /// Logs that were ever appended to.
    pub logs: u64,
    /// Records that are still in a log.
    pub records: u64,
    /// Bytes of all of these.
    pub bytes: u64,
}

/// What compacting changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes of the file before.
    pub before: u64,
    /// Bytes of the file after.
    pub after: u64,
}

/// Reads the store in `dir` through: every page and row against its checksum, every row's form, every log's offsets.
///
/// # Errors
/// `Corrupt`, naming the directory and what is wrong; `Locked` while a server has it open.
pub fn check(dir: &Path) -> Result<Contents, StoreError> {
    named(dir, || {
        let tree = existing(dir)?;
        tree.verify_pages()?;
        contents(&tree)
    })
}

/// Gives back the space of what was deleted from the store in `dir`.
///
/// # Errors
/// As [`check`]; a full disk leaves the store as it was.
pub fn compact(dir: &Path) -> Result<Compacted, StoreError> {
    named(dir, || {
        let tree = existing(dir)?;
        let before = tree.size()?;
        tree.compact()?;
        Ok(Compacted { before, after: tree.size()? })
    })
}

/// Writes every row of the store in `dir` to `out` and tells what they were. The caller syncs `out`.
///
/// # Errors
/// As [`check`], and what writing to `out` fails with.
pub fn export(dir: &Path, out: impl Write) -> Result<Contents, StoreError> {
    named(dir, || {
        let tree = existing(dir)?;
        let mut out = Summed { inner: io::BufWriter::new(out), sum: crc32fast::Hasher::new() };
        out.write_all(EXPORT)?;
        let mut rows = 0_u64;
        let mut tally = Tally::default();
        each_row(&tree, &mut |(key, value)| {
            tally.add(&key, &value)?;
            out.write_all(&length(&key)?.to_be_bytes())?;
            out.write_all(&length(&value)?.to_be_bytes())?;
            out.write_all(&key)?;
            out.write_all(&value)?;
            rows += 1;
            Ok(())
        })?;
        let contents = tally.finish()?;
        out.write_all(&END.to_be_bytes())?;
        out.write_all(&rows.to_be_bytes())?;
        let sum = out.sum.clone().finalize();
        out.inner.write_all(&sum.to_be_bytes())?;
        out.inner.flush()?;
        Ok(contents)
    })
}

/// Makes a store in `dir`, where there must be none, of what [`export`] wrote.
///
/// # Errors
/// `Corrupt` if `from` is no whole export: nothing is left in `dir` then that a server would take for a store.
pub fn import(dir: &Path, from: impl Read) -> Result<Contents, StoreError> {
    named(dir, || {
        let directory = Directory::open(dir)?;
        if directory.has_rows()? {
            let exists = io::Error::new(io::ErrorKind::AlreadyExists, "there is a store already");
            return Err(StoreError::Io(exists));
        }
        let mut from = Summed { inner: io::BufReader::new(from), sum: crc32fast::Hasher::new() };
        let tree = Tree::filled(directory, |write| read_rows(&mut from, write))?;
        contents(&tree)
    })
}

/// Does `work`; a damage that it finds is told with the directory.
fn named<T>(dir: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    work().map_err(|error| match error {
        StoreError::Corrupt(reason) => StoreError::Corrupt(format!("{}: {reason}", dir.display())),
        other => other,
    })
}

/// The tree of a store that is there.
fn existing(dir: &Path) -> Result<Tree, StoreError> {
    if !dir.is_dir() {
        return Err(StoreError::Io(io::Error::new(
            io::ErrorKind::NotFound,
            format!("{} is no store", dir.display()),
        )));
    }
    let directory = Directory::open(dir)?;
    if !directory.has_rows()? {
        return Err(StoreError::Corrupt("it has no rows".to_owned()));
    }
    Tree::open(directory)
}

fn each_row(tree: &Tree, each: &mut dyn FnMut(Row) -> Result<(), StoreError>) -> Result<(), StoreError> {
    // Above every kind of row.
    let all = RowRange { start: Bytes::new(), end: Bytes::from_static(&[0xff]) };
    tree.view()?.scan(&all, &mut |row| each(row).map(|()| ControlFlow::Continue(())))
}

fn contents(tree: &Tree) -> Result<Contents, StoreError> {
    let mut tally = Tally::default();
    each_row(tree, &mut |(key, value)| tally.add(&key, &value))?;
    tally.finish()
}

/// Counts rows and checks that they fit together.
#[derive(Default)]
struct Tally {
    contents: Contents,
    /// What each log still must have.
    heads: HashMap<Bytes, Head>,
}

impl Tally {
    fn add(&mut self, key: &Bytes, value: &Bytes) -> Result<(), StoreError> {
        self.contents.bytes += (key.len() + value.len()) as u64;
        match Kind::of(key, value)? {
            Kind::Item => self.contents.items += 1,
            Kind::Lease => self.contents.leases += 1,
            Kind::Head(log, head) => {
                self.contents.logs += 1;
                self.contents.records += head.next.saturating_sub(head.first);
                self.heads.insert(log, head);
            }
            // Heads come before records.
            Kind::Record(log, offset) => {
                let head = self.heads.get_mut(&log).ok_or_else(|| damaged("a record belongs to no log"))?;
                // A crash in the middle of a trim may leave records before the first.
                if offset >= head.first {
                    if offset != head.first {
                        return Err(damaged("records of a log are missing"));
                    }
                    head.first += 1;
                }
            }
            Kind::Counter => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Contents, StoreError> {
        if self.heads.values().any(|head| head.first != head.next) {
            return Err(damaged("records at the end of a log are missing"));
        }
        Ok(self.contents)
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

fn length(bytes: &Bytes) -> Result<u32, StoreError> {
    u32::try_from(bytes.len()).map_err(|_| damaged("a row is too long"))
}

/// Reads rows until the end of an export and gives them to `write` in batches.
fn read_rows(
    from: &mut Summed<impl Read>,
    write: &mut dyn FnMut(&Batch) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if take(from, EXPORT.len())? != EXPORT {
        return Err(damaged("this is no export of a store, or of another version"));
    }
    let (mut batch, mut bytes, mut rows) = (Batch::new(), 0, 0_u64);
    loop {
        let key = number(from)?;
        if key == END {
            break;
        }
        let value = number(from)? as usize;
        let key = key as usize;
        if key > KEY_LIMIT + ROW_OVERHEAD || value > VALUE_LIMIT.max(OWNER_LIMIT) + ROW_OVERHEAD {
            return Err(damaged("a row of the export is too long"));
        }
        let (key, value) = (take(from, key)?, take(from, value)?);
        bytes += key.len() + value.len();
        rows += 1;
        batch.insert(key.into(), Some(value.into()));
        if batch.len() >= STEP_ROWS || bytes >= STEP_BYTES {
            write(&std::mem::take(&mut batch))?;
            bytes = 0;
        }
    }
    if take(from, 8)? != rows.to_be_bytes() {
        return Err(damaged("the export lacks rows"));
    }
    let sum = from.sum.clone().finalize();
    if take(from, 4)? != sum.to_be_bytes() {
        return Err(damaged("the export does not match its checksum"));
    }
    write(&batch)
}

fn number(from: &mut Summed<impl Read>) -> Result<u32, StoreError> {
    let bytes = take(from, 4)?;
    bytes.try_into().map(u32::from_be_bytes).map_err(|_| damaged("the export ends early"))
}

/// The next `count` bytes, which the caller has bounded.
fn take(from: &mut Summed<impl Read>, count: usize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; count];
    from.read_exact(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("the export ends early"),
        _ => error.into(),
    })?;
    Ok(bytes)
}

/// A reader or writer that sums what passes.
struct Summed<T> {
    inner: T,
    sum: crc32fast::Hasher,
}

impl<T: Read> Read for Summed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.sum.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<T: Write> Write for Summed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.sum.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
