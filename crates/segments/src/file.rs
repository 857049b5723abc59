//! What all segment files share: their first bytes, and reading them piece by piece.

use crate::SegmentError;
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// The first bytes of every file; the last byte is the format's version.
pub(crate) const HEADER: [u8; 8] = *b"TNDRSEG\x01";

/// Whether a file begins as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Header,
    /// Too short, or zeros: the first write never reached the disk.
    Nothing,
}

/// Checks a file's first bytes. A newer version is refused.
pub(crate) fn check_header(file: &File, path: &Path) -> Result<Found, SegmentError> {
    let mut header = [0; HEADER.len()];
    match file.read_exact_at(&mut header, 0) {
        Ok(()) if header == HEADER => Ok(Found::Header),
        Ok(()) if is_torn(header) => Ok(Found::Nothing),
        Ok(()) if header[..7] == HEADER[..7] => {
            Err(SegmentError::Newer { path: path.into(), version: header[7] })
        }
        Ok(()) => Err(SegmentError::Damaged {
            path: path.into(),
            what: "the file's first bytes are not a segment's",
        }),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Found::Nothing),
        Err(error) => Err(SegmentError::at(path)(error)),
    }
}

/// Whether the first write ended within the header, and zeros follow.
fn is_torn(header: [u8; HEADER.len()]) -> bool {
    let written = header.iter().zip(HEADER).take_while(|(found, whole)| **found == *whole).count();
    header[written..].iter().all(|byte| *byte == 0)
}

/// Makes a created, renamed or removed name in `path`'s directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    File::open(parent)?.sync_all()
}

/// Reads `len` bytes at `offset`.
pub(crate) fn read_at(file: &File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// A file read through a buffer that slides forward over it.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    file: &'a File,
    len: u64,
    start: u64,
    buffer: Vec<u8>,
}

const STEP: usize = 256 * 1024;

impl<'a> Window<'a> {
    pub(crate) fn new(file: &'a File, len: u64) -> Self {
        Self { file, len, start: 0, buffer: Vec::new() }
    }

    /// The `n` bytes at `at`; none when the file ends before.
    pub(crate) fn bytes(&mut self, at: u64, n: usize) -> io::Result<Option<&[u8]>> {
        if at.checked_add(n as u64).is_none_or(|end| end > self.len) {
            return Ok(None);
        }
        let end = at + n as u64;
        if at < self.start || end > self.start + self.buffer.len() as u64 {
            let take = (self.len - at).min(n.max(STEP) as u64) as usize;
            self.buffer.resize(take, 0);
            self.start = at;
            self.file.read_exact_at(&mut self.buffer, at)?;
        }
        let from = (at - self.start) as usize;
        Ok(self.buffer.get(from..from + n))
    }

    /// Where `needle` next begins, from `at` on.
    pub(crate) fn find(&mut self, needle: &[u8], mut at: u64) -> io::Result<Option<u64>> {
        while at + needle.len() as u64 <= self.len {
            let n = (self.len - at).min(STEP as u64) as usize;
            let Some(bytes) = self.bytes(at, n)? else { break };
            if let Some(found) = bytes.windows(needle.len()).position(|w| w == needle) {
                return Ok(Some(at + found as u64));
            }
            at += (n - needle.len() + 1) as u64;
        }
        Ok(None)
    }
}
