//! Volumes in files: sparse copies of an empty file system that was made once.

use super::{Scratch, loop_device::LoopDevice};
use crate::sys::mount;
use rustix::{
    fs::{AtFlags, SeekFrom, seek, unlinkat},
    io::Errno,
};
use std::{
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::FileExt,
    },
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Where mkfs.ext4 may be; it is not always on the path of a service.
const MKFS: [&str; 4] = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4", "/bin/mkfs.ext4"];

/// More non-empty bytes than any empty file system of a sane size has.
const TEMPLATE_MAX: usize = 64 << 20;

/// An empty file system and where its copies go.
#[derive(Debug)]
pub(super) struct Images {
    dir: PathBuf,
    size: u64,
    /// The parts of the template that are not empty, a few hundred KiB.
    template: Vec<(u64, Vec<u8>)>,
    next: AtomicU64,
}

impl Images {
    /// Makes the template in `dir`.
    pub(super) fn prepare(dir: &Path, size: u64) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let path = dir.join("template.img");
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        file.set_len(size)?;
        make_file_system(&path)?;
        remove_lost_and_found(&file)?;
        let template = extents(&file)?;
        fs::remove_file(&path)?;
        Ok(Self { dir: dir.to_owned(), size, template, next: AtomicU64::new(0) })
    }
}

impl Scratch for Images {
    fn make(&self) -> io::Result<OwnedFd> {
        let path = self.dir.join(format!("{}.img", self.next.fetch_add(1, Ordering::Relaxed)));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        // Without a name it vanishes with its last user, whoever that is and however it ends.
        fs::remove_file(&path)?;
        file.set_len(self.size)?;
        for (offset, bytes) in &self.template {
            file.write_all_at(bytes, *offset)?;
        }
        mount_image(&file)
    }

    fn is_gone(&self) -> bool {
        !self.dir.exists()
    }
}

fn mount_image(file: &File) -> io::Result<OwnedFd> {
    let device = LoopDevice::attach(file.as_fd())?;
    let source = device.path.to_string_lossy();
    // Nothing here outlives a crash, so no write waits for the disk; and no thread initialises inode tables.
    let options = [("source", Some(&*source)), ("nobarrier", None), ("noinit_itable", None)];
    mount::detached_new("ext4", &options, mount::WRITABLE)
}

/// Without a journal, since it is never mounted again, and with one file name for every 8 KiB.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the sandbox, and it runs one tool of the host at start"
)]
fn make_file_system(path: &Path) -> io::Result<()> {
    let mkfs = MKFS.iter().find(|mkfs| Path::new(mkfs).exists());
    let mkfs = mkfs.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "mkfs.ext4 is not installed"))?;
    let output = std::process::Command::new(mkfs)
        .args(["-q", "-F", "-b", "4096", "-m", "0", "-i", "8192", "-O", "^has_journal,^resize_inode"])
        .args(["-E", "lazy_itable_init=1,nodiscard"])
        .arg(path)
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => {
            Err(io::Error::other(format!("mkfs.ext4: {}", String::from_utf8_lossy(&output.stderr).trim())))
        }
    }
}

/// A function expects to find /tmp empty.
fn remove_lost_and_found(file: &File) -> io::Result<()> {
    let volume = mount_image(file)?;
    Ok(unlinkat(&volume, "lost+found", AtFlags::REMOVEDIR)?)
}

/// The parts of `file` that hold something.
fn extents(file: &File) -> io::Result<Vec<(u64, Vec<u8>)>> {
    let (mut extents, mut at, mut total) = (Vec::new(), 0, 0);
    loop {
        let start = match seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(extents),
            Err(error) => return Err(error.into()),
        };
        at = seek(file, SeekFrom::Hole(start))?;
        let len = usize::try_from(at - start).unwrap_or(usize::MAX);
        total += len;
        if total > TEMPLATE_MAX {
            return Err(io::Error::other("the empty file system is not sparse"));
        }
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, start)?;
        extents.push((start, bytes));
    }
}
