//! /tmp of a sandbox: a bounded file system of its own that, where the host can, does not count as memory.

mod image;
mod loop_device;
mod memory;

use rustix::{
    fs::{Gid, Mode, OFlags, Uid, fchmod, fchown, openat},
    io::Errno,
};
use std::{
    fmt, io,
    os::fd::OwnedFd,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Volumes kept ready, so that making one (a few milliseconds) is not on the way of an order.
const READY: usize = 8;

/// What keeps the content of /tmp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScratchKind {
    /// A file of the data directory, mounted as a file system. It does not count as memory.
    LoopImage,
    /// Memory: what is written to /tmp counts against the memory limit.
    Memory,
    /// A directory without any bound, where nothing is isolated.
    Directory,
}

/// Makes volumes of one kind.
trait Scratch: fmt::Debug + Send + Sync {
    /// An empty volume that is mounted nowhere yet and vanishes when its last user does. Blocks.
    fn make(&self) -> io::Result<OwnedFd>;

    /// Whether the place for volumes was removed, as the janitor does when the spawner has died.
    fn is_gone(&self) -> bool {
        false
    }
}

/// Volumes, some of them ready.
#[derive(Debug)]
pub(crate) struct Pool {
    scratch: Box<dyn Scratch>,
    kind: ScratchKind,
    /// Why it is not the better kind.
    reason: Option<String>,
    ready: Mutex<Vec<OwnedFd>>,
    filling: AtomicBool,
    /// Held while volumes are made ready.
    making: Mutex<()>,
    closed: AtomicBool,
}

impl Pool {
    /// Finds the best kind this host can do by making one volume of `mib` MiB in `dir`. Blocks.
    pub(crate) fn open(dir: &Path, mib: u64) -> io::Result<Self> {
        let image = image::Images::prepare(&dir.join("scratch"), mib << 20)
            .and_then(|images| images.make().map(|first| (images, first)));
        let (scratch, kind, reason, first): (Box<dyn Scratch>, _, _, _) = match image {
            Ok((images, first)) => (Box::new(images), ScratchKind::LoopImage, None, first),
            Err(error) => {
                let memory = memory::Memory::new(mib << 20);
                let first = memory.make()?;
                (Box::new(memory), ScratchKind::Memory, Some(error.to_string()), first)
            }
        };
        let ready = Mutex::new(vec![first]);
        Ok(Self {
            scratch,
            kind,
            reason,
            ready,
            filling: AtomicBool::default(),
            making: Mutex::default(),
            closed: AtomicBool::default(),
        })
    }

    pub(crate) fn kind(&self) -> ScratchKind {
        self.kind
    }

    /// One line for people.
    pub(crate) fn describe(&self) -> String {
        match &self.reason {
            None => "scratch: loop images (do not count as memory)".to_owned(),
            Some(reason) => format!("scratch: tmpfs, which counts as memory (loop images: {reason})"),
        }
    }

    /// A volume whose root belongs to `uid` alone. Blocks when none is ready.
    pub(crate) fn take(&self, uid: u32) -> io::Result<OwnedFd> {
        let ready = self.lock().pop();
        let volume = ready.map_or_else(|| self.scratch.make(), Ok)?;
        let root = openat(&volume, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        fchown(&root, Some(Uid::from_raw(uid)), Some(Gid::from_raw(uid)))?;
        fchmod(&root, Mode::RWXU)?;
        Ok(volume)
    }

    /// Whether [`Pool::fill`] has something to do.
    pub(crate) fn is_low(&self) -> bool {
        !self.filling.load(Ordering::Relaxed) && self.is_wanting()
    }

    /// Makes none ready from now on.
    pub(crate) fn stop(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Lets go of the volumes that are ready, and keeps none ready from now on. Blocks.
    pub(crate) fn close(&self) {
        self.stop();
        // One that is being made now is among those to let go of.
        let _made = self.making.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let ready = std::mem::take(&mut *self.lock());
        drop(ready);
    }

    fn is_wanting(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && self.lock().len() < READY
    }

    /// Makes volumes until enough are ready; one caller at a time. Blocks.
    pub(crate) fn fill(&self) {
        if self.filling.swap(true, Ordering::AcqRel) {
            return;
        }
        let made = self.making.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = self.make_ready() {
            tracing::warn!(%error, "no scratch volume can be made ready");
        }
        drop(made);
        self.filling.store(false, Ordering::Release);
        if self.closed.load(Ordering::Acquire) {
            self.close();
        }
    }

    fn make_ready(&self) -> io::Result<()> {
        while self.is_wanting() {
            match self.scratch.make() {
                Ok(volume) => self.lock().push(volume),
                // Another process may have cleared away before we know that all has ended.
                Err(_) if self.closed.load(Ordering::Acquire) || self.scratch.is_gone() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<OwnedFd>> {
        self.ready.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Releases loop devices whose file is in `dir`, and removes the files. To be called when no process uses them.
pub(crate) fn sweep(dir: &Path) -> io::Result<()> {
    let dir = dir.join("scratch");
    loop_device::release_all(&dir);
    match std::fs::remove_dir_all(&dir) {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Failing {
        is_gone: bool,
    }

    impl Scratch for Failing {
        fn make(&self) -> io::Result<OwnedFd> {
            Err(Errno::NOENT.into())
        }

        fn is_gone(&self) -> bool {
            self.is_gone
        }
    }

    /// Whether a failure to make one is told.
    fn check(is_gone: bool, is_closed: bool, expect: bool) {
        let pool = Pool {
            scratch: Box::new(Failing { is_gone }),
            kind: ScratchKind::Memory,
            reason: None,
            ready: Mutex::default(),
            filling: AtomicBool::default(),
            making: Mutex::default(),
            closed: AtomicBool::default(),
        };
        if is_closed {
            pool.stop();
        }
        assert_eq!(pool.make_ready().is_err(), expect, "gone {is_gone}, closed {is_closed}");
    }

    #[test]
    fn what_was_cleared_away_is_no_failure() {
        check(false, false, true);
        check(true, false, false);
        check(false, true, false);
    }
}
