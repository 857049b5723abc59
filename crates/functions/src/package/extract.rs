//! Unpacking: a plan becomes a directory, whole or not at all.

use super::plan::{Node, Plan};
use super::{Fault, MAX_UNZIPPED};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;
use zip::ZipArchive;

/// Files up to which each is synced by itself; beyond it one sync of the file system is cheaper.
const SYNC_SINGLY: usize = 32;

impl Plan {
    /// Unpacks into `directory`, which must not exist, and syncs it. After an error what was
    /// written stays, for the caller to remove.
    ///
    /// Links are made last, so nothing is ever written through one. Files are readable by all, and
    /// executable by all if by anyone: an instance runs under a user of its own.
    pub fn unpack(&self, directory: &Path) -> Result<(), Fault> {
        self.unpack_within(directory, MAX_UNZIPPED)
    }

    /// As [`Self::unpack`], with at most `left` bytes of files, whatever the package claimed.
    pub(super) fn unpack_within(&self, directory: &Path, mut left: u64) -> Result<(), Fault> {
        let mut archive = ZipArchive::new(Cursor::new(self.zip.clone()))?;
        make_directory(directory)?;
        let singly = self.nodes.len() <= SYNC_SINGLY;
        for (path, node) in &self.nodes {
            match node {
                Node::Directory => make_directory(&directory.join(path))?,
                Node::File { index, executable } => {
                    let file = new_file(&directory.join(path), *executable)?;
                    left -= copy(archive.by_index(*index)?, &file, left)?;
                    if singly {
                        file.sync_all()?;
                    }
                }
                Node::Link { .. } => {}
            }
        }
        for (path, node) in &self.nodes {
            if let Node::Link { target } = node {
                symlink(target, directory.join(path))?;
            }
        }
        self.sync(directory, singly)
    }

    fn sync(&self, directory: &Path, singly: bool) -> Result<(), Fault> {
        let root = File::open(directory)?;
        if !singly {
            rustix::fs::syncfs(&root).map_err(io::Error::from)?;
            return Ok(());
        }
        for (path, node) in &self.nodes {
            if *node == Node::Directory {
                File::open(directory.join(path))?.sync_all()?;
            }
        }
        Ok(root.sync_all()?)
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    // The mode given to mkdir would be cut by the umask.
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

fn new_file(path: &Path, executable: bool) -> io::Result<File> {
    let mode = if executable { 0o755 } else { 0o644 };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// Copies one entry, `left` bytes at most, and tells how many there were.
fn copy(entry: impl Read, mut file: &File, left: u64) -> Result<u64, Fault> {
    let mut entry = entry.take(left + 1);
    let (mut buffer, mut total) = ([0; 32 * 1024], 0);
    loop {
        // A wrong checksum or broken deflate stream shows here: the package's fault.
        let n = entry.read(&mut buffer).map_err(|e| Fault::Corrupt(Some(e.into())))?;
        if n == 0 {
            return Ok(total);
        }
        total += n as u64;
        if total > left {
            return Err(Fault::TooLargeUnzipped);
        }
        file.write_all(&buffer[..n])?;
    }
}
