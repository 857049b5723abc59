//! Starting the program: from a root process in the sandbox to an unprivileged one that can never be more.

use super::{Failure, at, confine};
use crate::{
    message::{Cgroup, Setup, SetupRlimits, Start},
    sys::{
        fork::{self, Forked},
        prctl,
    },
};
use rustix::{
    fs::Mode,
    io::{Errno, FdFlags},
    pipe::{PipeFlags, pipe_with},
    process::{Pid, Resource, Rlimit, chdir, setrlimit, setsid, umask},
    thread::{UnshareFlags, unshare_unsafe},
};
use std::{
    ffi::{CString, OsStr},
    io::{self, Read},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
};

/// The highest number a descriptor of the program may get.
const FD_MAX: RawFd = 255;

/// What is made once, so that a start is short.
pub(super) struct Prepared {
    uid: u32,
    rlimits: SetupRlimits,
    born: Option<OwnedFd>,
    written: Vec<OwnedFd>,
    confinement: confine::Confinement,
}

/// The steps between fork and exec, as the child names them in its last words.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Step {
    Session,
    Cgroup,
    Descriptors,
    Directory,
    Rlimits,
    Confinement,
    Exec,
}

const STEPS: [&str; 7] = [
    "making a session",
    "joining the cgroups",
    "placing the descriptors",
    "entering the working directory",
    "setting process limits",
    "giving up privileges",
    "executing the program",
];

impl Prepared {
    pub(super) fn new(setup: &Setup, cgroups: Vec<OwnedFd>) -> Result<Self, Failure> {
        let (mut born, mut written) = (None, Vec::new());
        for (kind, fd) in setup.cgroups.iter().zip(cgroups) {
            match kind {
                Cgroup::Born => born = Some(fd),
                Cgroup::Write => written.push(fd),
            }
        }
        let confinement =
            confine::Confinement::prepare(setup.landlock).map_err(at("preparing the confinement"))?;
        Ok(Self { uid: setup.uid, rlimits: setup.rlimits, born, written, confinement })
    }

    /// Forks and executes; returns when the program runs or cannot.
    pub(super) fn start(&self, start: &Start, fds: Vec<OwnedFd>) -> Result<Pid, Failure> {
        let image = Image::new(start).ok_or_else(|| at("reading the order")(Errno::INVAL))?;
        if fds.len() != start.fds.len() || start.fds.iter().any(|fd| !(0..=FD_MAX).contains(fd)) {
            return Err(at("reading the order")(Errno::INVAL));
        }
        let (last_words, mut write) = pipe_with(PipeFlags::CLOEXEC).map_err(at("making a pipe"))?;
        let pid = match self.fork().map_err(at("forking"))? {
            Forked::Child => {
                let Err((step, error)) = self.become_program(&image, start, fds, &mut write);
                let words = [&[step as u8][..], &crate::sys::errno(&error).to_ne_bytes()].concat();
                let _ = rustix::io::write(&write, &words);
                fork::exit_now(127)
            }
            Forked::Parent { pid, .. } => pid,
        };
        drop(write);
        let mut words = Vec::new();
        std::fs::File::from(last_words)
            .take(5)
            .read_to_end(&mut words)
            .map_err(at("reading from the child"))?;
        match words[..] {
            [step, ref errno @ ..] if errno.len() == 4 => {
                let errno = i32::from_ne_bytes([errno[0], errno[1], errno[2], errno[3]]);
                let step = STEPS.get(usize::from(step)).copied().unwrap_or_default();
                Err((step.to_owned(), io::Error::from_raw_os_error(errno)))
            }
            _ => Pid::from_raw(pid).ok_or_else(|| at("forking")(Errno::SRCH)),
        }
    }

    #[allow(unsafe_code)]
    fn fork(&self) -> io::Result<Forked> {
        // SAFETY: init is a fork of the single-threaded spawner and starts no thread.
        unsafe { fork::fork(0, self.born.as_ref().map(AsFd::as_fd)) }
    }

    /// The child's way to exec. Nothing of the order is trusted to succeed, and nothing is left open.
    fn become_program(
        &self,
        image: &Image,
        start: &Start,
        fds: Vec<OwnedFd>,
        last_words: &mut OwnedFd,
    ) -> Result<std::convert::Infallible, (Step, io::Error)> {
        setsid().map_err(|error| (Step::Session, error.into()))?;
        for procs in &self.written {
            rustix::io::write(procs, b"0").map_err(|error| (Step::Cgroup, error.into()))?;
        }
        hide_cgroups().map_err(|error| (Step::Cgroup, error.into()))?;
        chdir(&start.cwd).map_err(|error| (Step::Directory, error.into()))?;
        place(&start.fds, &fds, last_words).map_err(|error| (Step::Descriptors, error))?;
        self.limit().map_err(|error| (Step::Rlimits, error.into()))?;
        umask(Mode::from(0o022));
        prctl::default_signals();
        self.confinement.enter(self.uid).map_err(|error| (Step::Confinement, error))?;
        Err((Step::Exec, image.exec()))
    }

    fn limit(&self) -> rustix::io::Result<()> {
        let SetupRlimits { open_files, locked_memory, stack, processes } = self.rlimits;
        for (resource, limit) in [
            (Resource::Core, 0),
            (Resource::Nofile, open_files),
            (Resource::Memlock, locked_memory),
            (Resource::Stack, stack),
            (Resource::Nproc, processes),
        ] {
            setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
        }
        Ok(())
    }
}

/// Makes where we are the top of what /proc/self/cgroup tells.
#[allow(unsafe_code)]
fn hide_cgroups() -> rustix::io::Result<()> {
    // SAFETY: only unsharing descriptor or memory tables between threads would be unsound; this is neither.
    unsafe { unshare_unsafe(UnshareFlags::NEWCGROUP) }
}

/// Gives every descriptor its number and marks all others to be closed by exec.
fn place(numbers: &[RawFd], fds: &[OwnedFd], last_words: &mut OwnedFd) -> io::Result<()> {
    prctl::close_on_exec_from(3)?;
    // Above every number to be given, so that placing one does not overwrite the next.
    let above = |fd: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(fd, FD_MAX + 1);
    *last_words = above(last_words.as_fd())?;
    let copies = fds.iter().map(|fd| above(fd.as_fd())).collect::<Result<Vec<_>, _>>()?;
    for (number, copy) in numbers.iter().zip(&copies) {
        prctl::duplicate_to(copy.as_fd(), *number)?;
    }
    debug_assert!(rustix::io::fcntl_getfd(&*last_words).is_ok_and(|flags| flags.contains(FdFlags::CLOEXEC)));
    Ok(())
}

/// The program's path, arguments and environment as exec wants them.
struct Image {
    argv: Vec<CString>,
    env: Vec<CString>,
}

impl Image {
    /// `None` when there is no program or a string holds a NUL.
    fn new(start: &Start) -> Option<Self> {
        let strings = |list: &[Vec<u8>]| {
            list.iter().map(|s| CString::new(s.as_slice()).ok()).collect::<Option<Vec<CString>>>()
        };
        let argv = strings(&start.argv)?;
        let path = OsStr::from_bytes(argv.first()?.as_bytes());
        std::path::Path::new(path).is_absolute().then_some(())?;
        Some(Self { argv, env: strings(&start.env)? })
    }

    #[allow(unsafe_code)]
    fn exec(&self) -> io::Error {
        let pointers = |strings: &[CString]| {
            strings.iter().map(|s| s.as_ptr()).chain(std::iter::once(std::ptr::null())).collect::<Vec<_>>()
        };
        let (argv, env) = (pointers(&self.argv), pointers(&self.env));
        // SAFETY: both arrays end with a null and point to C strings that outlive the call; the first of `argv`
        // exists.
        unsafe { libc::execve(argv[0], argv.as_ptr(), env.as_ptr()) };
        io::Error::last_os_error()
    }
}
