//! A segment that is still written to: appended blocks, an index of them in memory.

use crate::{
    OwnerId, SegmentError,
    block::{Fault, HEAD_LEN, Head, MAGIC},
    file::{self, Found},
};
use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// A block and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) offset: u64,
    pub(crate) head: Head,
}

/// An unsealed segment.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) path: PathBuf,
    pub(crate) first: u64,
    file: File,
    blocks: RwLock<Vec<Block>>,
    /// Whether the directory is known to name the file durably.
    is_named: AtomicBool,
}

/// What reopening found besides whole blocks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// Bytes after the last whole block, which were cut off.
    pub(crate) torn: u64,
    /// Ranges of bytes that are no block though whole blocks follow.
    pub(crate) damaged: Vec<(u64, u64)>,
}

impl Open {
    /// Makes a new file.
    pub(crate) fn create(path: PathBuf, first: u64) -> Result<Self, SegmentError> {
        let made = (|| {
            // One that is there already was made by an attempt that failed and holds nothing.
            let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
            file.write_all(&file::HEADER)?;
            Ok(file)
        })();
        let file = made.map_err(SegmentError::at(&path))?;
        Ok(Self { path, first, file, blocks: RwLock::default(), is_named: AtomicBool::new(false) })
    }

    /// Opens a file that a process left, cutting what was torn.
    pub(crate) fn recover(path: PathBuf, first: u64) -> Result<(Self, Recovered), SegmentError> {
        let fail = SegmentError::at(&path);
        let file = File::options().read(true).write(true).open(&path).map_err(&fail)?;
        let (blocks, recovered, end) = scan(&file, &path)?;
        let len = file.metadata().map_err(&fail)?.len();
        if end < len {
            file.set_len(end).map_err(&fail)?;
        }
        if end == 0 {
            // Power was lost before the file's first bytes were on disk.
            file.write_all_at(&file::HEADER, 0).map_err(&fail)?;
        }
        let (blocks, is_named) = (RwLock::new(blocks), AtomicBool::new(false));
        Ok((Self { path, first, file, blocks, is_named }, recovered))
    }

    /// The blocks so far.
    pub(crate) fn blocks(&self) -> RwLockReadGuard<'_, Vec<Block>> {
        self.blocks.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The sequence number after the last record.
    pub(crate) fn next(&self) -> u64 {
        self.blocks().iter().map(|b| b.head.last + 1).fold(self.first, u64::max)
    }

    /// Bytes of the file as its blocks tell.
    pub(crate) fn len(&self) -> u64 {
        self.blocks().last().map_or(file::HEADER.len() as u64, |b| b.offset + b.head.block_len())
    }

    /// Writes `bytes`, which are the blocks of `heads`, after the last block and makes them readable.
    pub(crate) fn append(&self, bytes: &[u8], heads: Vec<Head>) -> Result<(), SegmentError> {
        let start = self.len();
        if let Err(error) = self.file.write_all_at(bytes, start) {
            // A part of it may have been written: without this the next append would leave its end behind.
            let _ = self.file.set_len(start);
            return Err(SegmentError::at(&self.path)(error));
        }
        let mut offset = start;
        let mut blocks = self.blocks.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        blocks.extend(heads.into_iter().map(|head| {
            let block = Block { offset, head };
            offset += block.head.block_len();
            block
        }));
        Ok(())
    }

    /// Waits until every byte written is on disk.
    pub(crate) fn sync(&self) -> Result<(), SegmentError> {
        let fail = SegmentError::at(&self.path);
        self.file.sync_data().map_err(&fail)?;
        if !self.is_named.load(Relaxed) {
            file::sync_parent(&self.path).map_err(&fail)?;
            self.is_named.store(true, Relaxed);
        }
        Ok(())
    }

    /// The blocks of `owner`.
    pub(crate) fn blocks_of(&self, owner: OwnerId) -> Vec<Block> {
        self.blocks().iter().filter(|b| b.head.owner == owner).cloned().collect()
    }

    /// The file, for reading bodies.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

/// Finds the whole blocks of a file: them, what was amiss, and the end of the last one (zero when even the
/// file's header is not there).
pub(crate) fn scan(file: &File, path: &Path) -> Result<(Vec<Block>, Recovered, u64), SegmentError> {
    let fail = SegmentError::at(path);
    let len = file.metadata().map_err(&fail)?.len();
    let mut recovered = Recovered::default();
    if file::check_header(file, path)? == Found::Nothing {
        recovered.torn = len;
        return Ok((Vec::new(), recovered, 0));
    }
    let start = file::HEADER.len() as u64;
    let (mut blocks, mut suspects, mut at, mut end) = (Vec::new(), Vec::new(), start, start);
    let mut window = file::Window::new(file, len);
    while at < len {
        match block_at(&mut window, at).map_err(&fail)? {
            Ok((head, whole)) => {
                let (offset, next) = (at, at + head.block_len());
                suspects.push(Block { offset, head });
                at = next;
                if whole {
                    if offset > end {
                        recovered.damaged.push((end, offset));
                    }
                    // What lies before a whole block is no torn tail: blocks with a damaged body stay in the
                    // index, so that a reader is told what is lost.
                    blocks.append(&mut suspects);
                    end = next;
                }
            }
            Err(_) => at = window.find(&MAGIC, at + 1).map_err(&fail)?.unwrap_or(len),
        }
    }
    recovered.torn = len - end;
    Ok((blocks, recovered, end))
}

/// The header at `at`, and whether the body after it is whole.
fn block_at(window: &mut file::Window<'_>, at: u64) -> io::Result<Result<(Head, bool), Fault>> {
    let Some(fixed) = window.bytes(at, HEAD_LEN)?.and_then(|b| b.first_chunk::<HEAD_LEN>()) else {
        return Ok(Err(Fault::Short));
    };
    let table = match Head::table_len(fixed) {
        Ok(len) => len,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(bytes) = window.bytes(at, HEAD_LEN + table)? else { return Ok(Err(Fault::Short)) };
    let head = match Head::decode(bytes) {
        Ok(head) => head,
        Err(fault) => return Ok(Err(fault)),
    };
    let Some(body) = window.bytes(at + head.body_offset(), head.body_len as usize)? else {
        return Ok(Err(Fault::Short));
    };
    let whole = crc32fast::hash(body) == head.body_crc;
    Ok(Ok((head, whole)))
}
