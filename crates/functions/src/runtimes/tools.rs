//! The shell and the tools that an instance sees: copies of this machine's own, in one directory that all instances share.
//!
//! Shown one by one they were 52 of a sandbox's 62 mounts, each with a descriptor to pass and a file to stand on. The
//! system's own directory would show whatever else is in it.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tinderbox_engine::Mount;

/// Where instances see the copies; what is in /usr/bin are links to them.
const INSIDE: &str = "/var/lang/tinderbox/tools";

/// What Lambda's own images have of a shell and its tools, as far as scripts use them.
const TOOLS: [&str; 52] = [
    "awk",
    "base64",
    "basename",
    "bash",
    "cat",
    "chmod",
    "cp",
    "curl",
    "cut",
    "date",
    "dd",
    "df",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "find",
    "grep",
    "gzip",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "od",
    "printf",
    "ps",
    "pwd",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sh",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tar",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "wc",
];

/// Copies the tools that `root` has to `directory`, unless they are there already, and shows them where programs look for
/// tools. `root` is `/` but in tests.
pub(super) fn gather(root: &Path, directory: &Path) -> io::Result<Vec<Mount>> {
    fs::create_dir_all(directory)?;
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    let mut mounts = vec![Mount::Bind { source: directory.to_owned(), target: INSIDE.into() }];
    let mut copies = HashMap::new();
    for name in TOOLS {
        let Some((source, link)) = find(root, name) else { continue };
        let source = if name == "sh" { bash(root).unwrap_or(source) } else { source };
        let copy = directory.join(name);
        match copies.entry(source) {
            // All of BusyBox is one file.
            Entry::Occupied(first) => replace(&copy, |scratch| fs::hard_link(first.get(), scratch))?,
            Entry::Vacant(first) => match copy_unless_same(first.key(), &copy) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => continue,
                done => {
                    done?;
                    first.insert(copy);
                }
            },
        }
        mounts.push(Mount::Symlink { target: Path::new(INSIDE).join(name), link });
    }
    Ok(mounts)
}

/// What `sh` is on Amazon Linux: its scripts use more than a plain shell knows.
fn bash(root: &Path) -> Option<PathBuf> {
    find(root, "bash").map(|(source, _)| source)
}

/// The file that a tool is, and its place inside.
fn find(root: &Path, name: &str) -> Option<(PathBuf, PathBuf)> {
    let source =
        ["usr/bin", "bin"].iter().find_map(|dir| fs::canonicalize(root.join(dir).join(name)).ok())?;
    // A system without /bin in /usr/bin has its shell at /bin/sh, and `env` where scripts expect it.
    let merged = fs::read_link(root.join("bin")).is_ok();
    let directory = if merged || root.join("usr/bin").join(name).exists() { "/usr/bin" } else { "/bin" };
    source.is_file().then(|| (source, Path::new(directory).join(name)))
}

/// A copy has its original's time, so that one of another version is noticed.
fn copy_unless_same(source: &Path, copy: &Path) -> io::Result<()> {
    let original = fs::metadata(source)?;
    let modified = original.modified()?;
    let same =
        |there: fs::Metadata| there.len() == original.len() && there.modified().is_ok_and(|m| m == modified);
    if fs::metadata(copy).is_ok_and(same) {
        return Ok(());
    }
    replace(copy, |scratch| {
        fs::copy(source, scratch)?;
        fs::set_permissions(scratch, Permissions::from_mode(0o755))?;
        File::options().write(true).open(scratch)?.set_modified(modified)
    })
}

/// Puts what `make` makes in the place of `path`, which instances may be using.
fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let scratch = path.with_extension("tmp");
    match fs::remove_file(&scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => make(&scratch)?,
    }
    fs::rename(&scratch, path)?;
    // Renaming one name of a file to another of its names does nothing.
    match fs::remove_file(&scratch) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn machine(files: &[&str], links: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, file).expect("a file");
        }
        for (link, target) in links {
            symlink(target, root.path().join(link)).expect("a link");
        }
        root
    }

    /// The places inside, each with what its copy holds.
    fn gathered(root: &Path, directory: &Path) -> Vec<(String, String)> {
        let mounts = gather(root, directory).expect("tools");
        let Mount::Bind { source, target } = &mounts[0] else { panic!("no directory") };
        assert_eq!((source.as_path(), target.as_path()), (directory, Path::new(INSIDE)));
        let one = |mount: &Mount| {
            let Mount::Symlink { target, link } = mount else { panic!("{mount:?}") };
            let copy = directory.join(target.strip_prefix(INSIDE).expect("a copy"));
            assert_eq!(fs::metadata(&copy).expect("a copy").permissions().mode() & 0o7777, 0o755);
            (link.display().to_string(), fs::read_to_string(copy).expect("a copy"))
        };
        mounts[1..].iter().map(one).collect()
    }

    #[test]
    fn systems() {
        let check = |files: &[&str], links: &[(&str, &str)], expect: &[(&str, &str)]| {
            let (root, directory) = (machine(files, links), tempfile::tempdir().expect("a directory"));
            // The second time everything is there already.
            for _ in 0..2 {
                let found = gathered(root.path(), directory.path());
                let found: Vec<_> = found.iter().map(|(link, text)| (&**link, &**text)).collect();
                assert_eq!(found, expect);
                assert_eq!(fs::read_dir(directory.path()).expect("a listing").count(), expect.len());
            }
        };
        check(
            &["usr/bin/dash", "usr/bin/gcc"],
            &[("bin", "usr/bin"), ("usr/bin/sh", "dash")],
            &[("/usr/bin/sh", "usr/bin/dash")],
        );
        check(
            &["usr/bin/dash", "usr/bin/bash"],
            &[("bin", "usr/bin"), ("usr/bin/sh", "dash")],
            &[("/usr/bin/bash", "usr/bin/bash"), ("/usr/bin/sh", "usr/bin/bash")],
        );
        check(
            &["bin/busybox", "usr/bin/env"],
            &[("bin/sh", "busybox"), ("bin/ls", "busybox")],
            &[("/usr/bin/env", "usr/bin/env"), ("/bin/ls", "bin/busybox"), ("/bin/sh", "bin/busybox")],
        );
    }

    #[test]
    fn a_new_version_is_copied_and_the_same_is_not() {
        let (root, directory) = (machine(&["bin/sh"], &[]), tempfile::tempdir().expect("a directory"));
        let inode = || fs::metadata(directory.path().join("sh")).expect("a copy").ino();
        gathered(root.path(), directory.path());
        let first = inode();
        gathered(root.path(), directory.path());
        assert_eq!(inode(), first);
        fs::write(root.path().join("bin/sh"), "another").expect("written");
        assert_eq!(gathered(root.path(), directory.path()), [("/bin/sh".to_owned(), "another".to_owned())]);
    }
}
