//! The plan of a package: what each entry becomes, checked before a byte is written.

use super::path::{entry_path, link_stays_inside};
use super::{Fault, MAX_ENTRIES, MAX_PATH, MAX_UNZIPPED, MAX_ZIPPED};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use zip::{CompressionMethod, ZipArchive, read::ZipFile};

/// What an entry becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A directory, named by an entry of its own or only by a longer path.
    Directory,
    /// A file: the entry that holds its bytes, and whether it may be executed.
    File { index: usize, executable: bool },
    /// A symbolic link and its target.
    Link { target: String },
}

/// A package whose directory was read and found acceptable; its bytes may still turn out damaged.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) zip: Bytes,
    /// Every entry by its path. A path comes after those of the directories it lies in.
    pub(super) nodes: BTreeMap<PathBuf, Node>,
    unpacked: u64,
}

type Archive = ZipArchive<Cursor<Bytes>>;

impl Plan {
    /// Reads the package's directory. Of two entries with one path the later holds.
    pub fn read(zip: Bytes) -> Result<Self, Fault> {
        if zip.is_empty() {
            return Err(Fault::Empty);
        }
        if zip.len() > MAX_ZIPPED {
            return Err(Fault::TooLargeZipped);
        }
        let mut archive = Archive::new(Cursor::new(zip.clone()))?;
        match archive.len() {
            0 => return Err(Fault::Empty),
            1..=MAX_ENTRIES => {}
            _ => return Err(Fault::TooManyEntries),
        }
        let mut plan = Self { zip, nodes: BTreeMap::new(), unpacked: 0 };
        for index in 0..archive.len() {
            plan.add(&mut archive, index)?;
        }
        Ok(plan)
    }

    /// Bytes of all files together, as the package claims; unpacking holds it to that.
    pub fn unpacked_size(&self) -> u64 {
        self.unpacked
    }

    /// Whether the package has a file of this path.
    pub fn has_file(&self, path: &str) -> bool {
        matches!(self.nodes.get(Path::new(path)), Some(Node::File { .. }))
    }

    fn add(&mut self, archive: &mut Archive, index: usize) -> Result<(), Fault> {
        let entry = archive.by_index_raw(index)?;
        let name = entry.name().to_owned();
        let fault = |reason| Fault::entry(&name, reason);
        if entry.encrypted() {
            return Err(fault("is encrypted"));
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(fault("is compressed by a method other than deflate"));
        }
        let directory = entry.is_dir() || name.ends_with('\\');
        let path = match entry_path(&name) {
            // Some tools write an entry for the package's root itself.
            Err("has no name") if directory && !name.is_empty() => return Ok(()),
            path => path.map_err(fault)?,
        };
        let mode = entry.unix_mode();
        let node = match mode.unwrap_or(0) & 0o170_000 {
            _ if directory => Node::Directory,
            0 | 0o100_000 => Node::File { index, executable: mode.is_some_and(|m| m & 0o111 != 0) },
            0o120_000 => {
                drop(entry);
                let target = link_target(archive.by_index(index)?)?.ok_or(fault("is no readable link"))?;
                if !link_stays_inside(&path, &target) {
                    return Err(fault("is a link that leads outside of the package"));
                }
                return self.insert(path, Node::Link { target }, &name);
            }
            _ => return Err(fault("is neither a file nor a directory nor a link")),
        };
        if let Node::File { .. } = node {
            // An earlier entry of the same path still counts: a bound need not be exact, only safe.
            self.unpacked = self.unpacked.saturating_add(entry.size());
            if self.unpacked > MAX_UNZIPPED {
                return Err(Fault::TooLargeUnzipped);
            }
        }
        drop(entry);
        self.insert(path, node, &name)
    }

    fn insert(&mut self, path: PathBuf, node: Node, name: &str) -> Result<(), Fault> {
        let conflict = || Fault::entry(name, "is a file where another entry needs a directory");
        let mut parent = path.parent();
        while let Some(directory) = parent.filter(|p| !p.as_os_str().is_empty()) {
            match self.nodes.get(directory) {
                // Its own parents were inserted with it.
                Some(Node::Directory) => break,
                Some(Node::File { .. } | Node::Link { .. }) => return Err(conflict()),
                None => self.nodes.insert(directory.to_owned(), Node::Directory),
            };
            parent = directory.parent();
        }
        match (self.nodes.get(&path), &node) {
            (Some(Node::Directory), Node::File { .. } | Node::Link { .. })
            | (Some(Node::File { .. } | Node::Link { .. }), Node::Directory) => return Err(conflict()),
            _ => self.nodes.insert(path, node),
        };
        if self.nodes.len() > MAX_ENTRIES { Err(Fault::TooManyEntries) } else { Ok(()) }
    }
}

/// The target of a link; none when it is too long or no text.
fn link_target(entry: ZipFile<'_, Cursor<Bytes>>) -> Result<Option<String>, Fault> {
    let mut target = Vec::new();
    entry.take(MAX_PATH as u64 + 1).read_to_end(&mut target).map_err(|_| Fault::Corrupt(None))?;
    Ok(String::from_utf8(target).ok().filter(|t| t.len() <= MAX_PATH))
}
