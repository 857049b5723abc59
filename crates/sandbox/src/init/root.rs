//! The sandbox's file system: a small read-only tmpfs with what the order shows of the host.

use super::{DEVICES, Failure, ROOT, at};
use crate::{
    message::{Entry, Setup},
    sys::{mount, prctl},
};
use rustix::{
    fs::{CWD, Mode, OFlags, chmodat, mkdirat, openat, symlinkat},
    io::Errno,
    mount::{MountAttrFlags, UnmountFlags, mount_bind, unmount},
    process::{chdir, pivot_root, umask},
};
use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

/// Directories every sandbox has.
const DIRECTORIES: [&str; 8] = ["dev", "proc", "tmp", "etc", "run", "run/shm", "run/files", "var"];

/// Files of /proc that tell of the host; they read as empty. The rest of /proc is read-only.
const MASKED: [&str; 9] = [
    "proc/cmdline",
    "proc/kcore",
    "proc/keys",
    "proc/key-users",
    "proc/kmsg",
    "proc/kallsyms",
    "proc/sched_debug",
    "proc/sysrq-trigger",
    "proc/timer_list",
];

/// How likely init and what it starts are killed when the whole machine is out of memory: before the server
/// (0), after nothing.
const OOM_SCORE: &[u8] = b"200";

/// The names of files and directories that the root may have besides the mounts.
const INODES: &str = "16384";

/// Builds the root and enters it; `mounts` are the detached mounts of the order's entries, then /tmp.
pub(super) fn build(setup: &Setup, mounts: &[OwnedFd]) -> Result<(), Failure> {
    umask(Mode::empty());
    let files: u64 = setup.entries.iter().map(Entry::bytes).sum();
    // One tmpfs carries the root and /dev/shm, since mounting a second costs more than a bind.
    let size = (setup.shm + files + (1 << 20)).to_string();
    let options = [("size", Some(size.as_str())), ("nr_inodes", Some(INODES)), ("mode", Some("755"))];
    let root = mount::detached_new("tmpfs", &options, mount::WRITABLE).map_err(at("mounting the root"))?;
    mount::attach(root.as_fd(), ROOT).map_err(at("attaching the root"))?;
    chdir(ROOT).map_err(at("entering the root"))?;
    for directory in DIRECTORIES {
        mkdirat(CWD, directory, Mode::from(0o755)).map_err(at(directory))?;
    }
    let mut mounts = mounts.iter();
    for entry in &setup.entries {
        place(entry, &mut mounts).map_err(at(format!("placing {}", entry.path())))?;
    }
    devices().map_err(at("mounting /dev"))?;
    proc().map_err(at("mounting /proc"))?;
    let scratch = mounts.next().ok_or(Errno::INVAL).map_err(at("mounting /tmp"))?;
    mount::attach(scratch.as_fd(), "tmp").map_err(at("mounting /tmp"))?;
    mount::set_attributes(root.as_fd(), mount::READ_ONLY).map_err(at("making the root read-only"))?;
    pivot_root(".", ".").map_err(at("exchanging the root"))?;
    unmount(".", UnmountFlags::DETACH).map_err(at("leaving the old root"))?;
    chdir("/").map_err(at("entering the root"))?;
    standard_streams().map_err(at("opening /dev/null"))
}

/// Lets go of the last descriptors of the host's files: /dev/null as the janitor was given it.
fn standard_streams() -> io::Result<()> {
    let null = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    (0..3).try_for_each(|number| prctl::duplicate_to(null.as_fd(), number))
}

/// Shows more of the host at places that exist.
pub(super) fn attach(targets: &[String], mounts: &[OwnedFd]) -> Result<(), Failure> {
    if targets.len() != mounts.len() {
        return Err(at("reading the order")(Errno::INVAL));
    }
    for (target, tree) in targets.iter().zip(mounts) {
        mount::attach(tree.as_fd(), target.as_str()).map_err(at(format!("attaching {target}")))?;
    }
    Ok(())
}

impl Entry {
    fn bytes(&self) -> u64 {
        match self {
            // A file takes whole pages.
            Self::File { content, .. } => (content.len() as u64).next_multiple_of(4096),
            Self::Mount { .. } | Self::Symlink { .. } | Self::Directory { .. } => 0,
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Mount { target: path, .. }
            | Self::File { path, .. }
            | Self::Symlink { link: path, .. }
            | Self::Directory { path } => path,
        }
    }
}

fn place<'a>(entry: &Entry, mounts: &mut impl Iterator<Item = &'a OwnedFd>) -> io::Result<()> {
    // The order's paths are absolute and without `..` (the server checked); relative to the root being built they
    // name the same place.
    let path = Path::new(entry.path().trim_start_matches('/'));
    if let Some(parent) = path.parent() {
        make_directories(parent)?;
    }
    match entry {
        Entry::Directory { .. } => make_directories(path),
        Entry::Mount { directory, .. } => {
            if *directory {
                make_directories(path)?;
            } else {
                create_file(path)?;
            }
            let tree = mounts.next().ok_or(Errno::INVAL)?;
            mount::attach(tree.as_fd(), path)
        }
        Entry::File { content, .. } => write_file(path, content),
        Entry::Symlink { target, .. } => Ok(symlinkat(target.as_str(), CWD, path)?),
    }
}

fn make_directories(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    match mkdirat(CWD, path, Mode::from(0o755)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(Errno::NOENT) => {
            if let Some(parent) = path.parent() {
                make_directories(parent)?;
            }
            Ok(mkdirat(CWD, path, Mode::from(0o755))?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes an empty file as a place for a mount, unless there is one.
fn create_file(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    match openat(CWD, path, flags, Mode::from(0o644)) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::EXIST) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes a file; where a mount already shows one, ours covers it.
fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(mut file) = create_file(path)? {
        return file.write_all(content);
    }
    let covering = Path::new("run/files").join(path.to_string_lossy().replace('/', "+"));
    let mut file = create_file(&covering)?.ok_or(Errno::EXIST)?;
    file.write_all(content)?;
    let tree = mount::detached_bind(&covering, mount::READ_ONLY)?;
    mount::attach(tree.as_fd(), path)
}

fn devices() -> io::Result<()> {
    // Not `nodev`: these are the devices.
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    mount::attach(mount::detached_bind(Path::new(DEVICES), attributes)?.as_fd(), "dev")?;
    chmodat(CWD, "run/shm", Mode::from(0o1777), rustix::fs::AtFlags::empty())?;
    let shm =
        mount::detached_bind(Path::new("run/shm"), mount::WRITABLE | MountAttrFlags::MOUNT_ATTR_NOEXEC)?;
    mount::attach(shm.as_fd(), "dev/shm")
}

fn proc() -> io::Result<()> {
    let proc = mount::detached_new("proc", &[], mount::WRITABLE | MountAttrFlags::MOUNT_ATTR_NOEXEC)?;
    let score = openat(&proc, "self/oom_score_adj", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&score, OOM_SCORE)?;
    drop(score);
    mount::set_attributes(proc.as_fd(), mount::READ_ONLY)?;
    mount::attach(proc.as_fd(), "proc")?;
    let null = Path::new(DEVICES).join("null");
    for path in MASKED {
        // The old call, which takes the flags of what it binds, so that it is one call and not three.
        match mount_bind(&null, path) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
