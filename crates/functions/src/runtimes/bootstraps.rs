//! Our bootstraps, carried in the binary and written out for instances to see.

use super::Family;
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/bootstraps.rs"));
}

/// Where instances see them.
pub(super) const INSIDE: &str = "/var/lang/tinderbox";

/// The directory of a family below [`INSIDE`] and in `runtimes/`.
pub(super) fn folder(family: Family) -> Option<&'static str> {
    match family {
        Family::Python => Some("python"),
        Family::Node => Some("node"),
        Family::Provided => None,
    }
}

/// The hash of all bootstraps, 64 hexadecimal digits.
pub(super) fn hash() -> String {
    let mut hash = Sha256::new();
    for (name, content) in embedded::FILES {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Writes the bootstraps to `directory/HASH` unless they are there, and tells that path. One caller at a time.
///
/// A directory has its name only when it is complete. One that was damaged by a loss of power is
/// noticed by its files' sizes and written again.
pub(super) fn write(directory: &Path) -> io::Result<PathBuf> {
    let path = directory.join(hash());
    if !is_complete(&path) {
        // Those of other versions of the server: no instance of it is left that could see them.
        remove(directory)?;
        fs::create_dir_all(directory)?;
        let scratch = directory.join(format!("tmp-{}", std::process::id()));
        for (name, content) in embedded::FILES {
            let file = scratch.join(name);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&file, content)?;
            fs::set_permissions(&file, Permissions::from_mode(0o644))?;
        }
        open_up(&scratch)?;
        fs::rename(&scratch, &path)?;
    }
    Ok(path)
}

/// Writes `content` to the file `name` beside the bootstraps, for instances to see, and tells its path.
pub(super) fn write_beside(bootstraps: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
    let path = bootstraps.join(name);
    let scratch = bootstraps.join(format!("{name}.tmp"));
    fs::write(&scratch, content)?;
    fs::set_permissions(&scratch, Permissions::from_mode(0o644))?;
    fs::rename(&scratch, &path)?;
    Ok(path)
}

fn is_complete(path: &Path) -> bool {
    let right = |(name, content): &(&str, &[u8])| {
        fs::metadata(path.join(name)).is_ok_and(|m| m.len() == content.len() as u64)
    };
    embedded::FILES.iter().all(right)
}

/// Lets every user enter the directories: instances run under users of their own.
fn open_up(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            open_up(&path)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_another_version_go() {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(root.path().join("0123/python")).expect("another");
        write(root.path()).expect("written");
        assert_eq!(fs::read_dir(root.path()).expect("listing").count(), 1);
    }

    #[test]
    fn they_are_written_once_and_mended() {
        let root = tempfile::tempdir().expect("a directory");
        let path = write(root.path()).expect("written");
        let file = path.join("python/bootstrap.py");
        assert!(file.is_file() && path.join("node/bootstrap.js").is_file());
        let before = fs::metadata(&file).expect("a file").modified().expect("a time");
        assert_eq!(write(root.path()).expect("there"), path);
        assert_eq!(fs::metadata(&file).expect("a file").modified().expect("a time"), before);
        fs::write(&file, "").expect("damaged");
        write(root.path()).expect("mended");
        assert!(fs::metadata(&file).expect("a file").len() > 0);
        assert_eq!(fs::read_dir(root.path()).expect("listing").count(), 1);
    }
}
