//! The program's process: made and confined while nobody waits, so that a start is little more than an exec.
//!
//! Joining a cgroup of the first version may wait for every processor to pass a grace period (tens of milliseconds on a
//! busy host), and installing filters takes longer than executing. So init forks the process, the *seat*, as soon as
//! the root stands; it confines itself and then waits for its program.

use super::{Failure, at, confine::Confinement};
use crate::{
    message::{Cgroup, Program, SeatEvent, Setup, SetupRlimits, Start},
    sys::{
        channel::{self, Packet},
        fork::{self, Forked},
        prctl,
    },
};
use rustix::{
    fs::Mode,
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, socketpair},
    process::{
        Pid, Resource, Rlimit, Signal, chdir, getrlimit, set_parent_process_death_signal, setrlimit, setsid,
        umask,
    },
    thread::{UnshareFlags, unshare_unsafe},
};
use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, OwnedFd, RawFd},
};

/// The highest number a descriptor of the program may get.
const FD_MAX: RawFd = 255;

/// No core dumps: 1 is less than the smallest one, and tells a kernel that would pipe dumps to a program of the host,
/// which ignores 0, to abort (core(5)).
pub(crate) const CORE: u64 = 1;

/// What a zygote and its forks need until these are confined: to become another user (SETGID, SETUID), to take the
/// rest from themselves (SETPCAP), to enter namespaces (SYS_CHROOT, SYS_PTRACE, SYS_ADMIN), by their numbers in
/// linux/capability.h.
const ZYGOTE_CAPABILITIES: [u32; 6] = [6, 7, 8, 18, 19, 21];

/// What every seat of a sandbox is made from.
pub(super) struct Seats {
    rlimits: SetupRlimits,
    born: Option<OwnedFd>,
    written: Vec<OwnedFd>,
    /// The user that a seat becomes, and how it gives up everything else; `None` for a plain process and for a zygote.
    confinement: Option<(u32, Confinement)>,
    zygote: bool,
}

/// A process that waits for its program.
pub(super) struct Seat {
    pub(super) pid: Pid,
    channel: OwnedFd,
}

impl Seats {
    pub(super) fn new(setup: &Setup, cgroups: Vec<OwnedFd>) -> Result<Self, Failure> {
        let (mut born, mut written) = (None, Vec::new());
        for (kind, fd) in setup.cgroups.iter().zip(cgroups) {
            match kind {
                Cgroup::Born => born = Some(fd),
                Cgroup::Write => written.push(fd),
            }
        }
        let zygote = setup.program == Program::Zygote;
        let confinement = if zygote {
            None
        } else {
            let confinement =
                Confinement::prepare(setup.landlock).map_err(at("preparing the confinement"))?;
            Some((setup.uid, confinement))
        };
        Ok(Self { rlimits: setup.rlimits, born, written, confinement, zygote })
    }

    /// Seats that keep everything they inherit.
    pub(super) fn plain(rlimits: SetupRlimits) -> Self {
        Self { rlimits, born: None, written: Vec::new(), confinement: None, zygote: false }
    }

    /// The landlock ruleset of this sandbox, for a process that comes from elsewhere.
    pub(super) fn ruleset(&self) -> io::Result<Option<OwnedFd>> {
        self.confinement.as_ref().map_or(Ok(None), |(_, confinement)| confinement.ruleset())
    }

    /// The user that a seat becomes; `None` where it stays who it is.
    pub(super) fn uid(&self) -> Option<u32> {
        self.confinement.as_ref().map(|(uid, _)| *uid)
    }

    /// Forks a seat; it confines itself on its own time.
    pub(super) fn fork(&self) -> Result<Seat, Failure> {
        let (channel, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(at("making a channel"))?;
        match self.fork_process().map_err(at("forking"))? {
            Forked::Parent { pid, .. } => {
                let pid = Pid::from_raw(pid).ok_or(Errno::SRCH).map_err(at("forking"))?;
                Ok(Seat { pid, channel })
            }
            Forked::Child => {
                drop(channel);
                let Err((step, error)) = self.sit(&theirs);
                let failed = SeatEvent::Failed { step, errno: crate::sys::errno(&error) };
                let _ = channel::encode(&failed)
                    .and_then(|event| channel::send(theirs.as_fd(), &event, &[], None));
                fork::exit_now(127)
            }
        }
    }

    #[allow(unsafe_code)]
    fn fork_process(&self) -> io::Result<Forked> {
        // SAFETY: init is a fork of the single-threaded spawner and starts no thread.
        unsafe { fork::fork(0, self.born.as_ref().map(AsFd::as_fd)) }
    }

    /// The seat's own way, from root to an unprivileged process that can never be more, and to its program.
    fn sit(&self, channel: &OwnedFd) -> Result<std::convert::Infallible, Failure> {
        setsid().map_err(at("making a session"))?;
        for procs in &self.written {
            rustix::io::write(procs, b"0").map_err(at("joining the cgroups"))?;
        }
        if self.confinement.is_some() {
            hide_cgroups().map_err(at("making a cgroup namespace"))?;
        } else {
            // Where no namespace ends with init.
            set_parent_process_death_signal(Some(Signal::KILL)).map_err(at("asking to end with init"))?;
        }
        if self.zygote {
            prctl::bound_capabilities(&ZYGOTE_CAPABILITIES).map_err(at("bounding capabilities"))?;
        }
        self.limit().map_err(at("setting process limits"))?;
        umask(Mode::from(0o022));
        prctl::default_signals();
        if let Some((uid, confinement)) = &self.confinement {
            confinement.enter(*uid).map_err(at("giving up privileges"))?;
        }
        let packet = channel::receive::<Start>(channel.as_fd()).map_err(at("reading the order"))?;
        // Init is gone, and so are we in a moment.
        let Some(Packet { message: start, fds, .. }) = packet else { fork::exit_now(0) };
        let image = Image::new(&start).ok_or_else(|| at("reading the order")(Errno::INVAL))?;
        if start.argv.is_empty() {
            // A trial: everything but exec has worked.
            fork::exit_now(0)
        }
        if fds.len() != start.fds.len() || start.fds.iter().any(|fd| !(0..=FD_MAX).contains(fd)) {
            return Err(at("reading the order")(Errno::INVAL));
        }
        chdir(&start.cwd).map_err(at("entering the working directory"))?;
        // From here on only numbers count; the channel keeps its own above all that are given.
        let channel = place(&start.fds, &fds, channel).map_err(at("placing the descriptors"))?;
        let error = image.exec();
        let failed = SeatEvent::Failed { step: "executing".to_owned(), errno: crate::sys::errno(&error) };
        let _ = channel::encode(&failed).and_then(|event| channel::send(channel.as_fd(), &event, &[], None));
        fork::exit_now(127)
    }

    fn limit(&self) -> rustix::io::Result<()> {
        let SetupRlimits { open_files, locked_memory, stack, processes } = self.rlimits;
        for (resource, limit) in [
            (Resource::Core, CORE),
            (Resource::Nofile, open_files),
            (Resource::Memlock, locked_memory),
            (Resource::Stack, stack),
            (Resource::Nproc, processes),
        ] {
            let limit = match &self.confinement {
                Some(_) => limit,
                // It counts all processes of the user, ours and everyone's.
                None if resource == Resource::Nproc => continue,
                // Root, and as many files as it has forks.
                None if self.zygote => limit,
                // Only root may have more than it has.
                None => getrlimit(resource).maximum.map_or(limit, |most| limit.min(most)),
            };
            setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
        }
        Ok(())
    }
}

impl Seat {
    /// Gives the seat its program; returns when the program runs or cannot.
    pub(super) fn start(self, start: &Start, fds: &[OwnedFd]) -> Result<Pid, Failure> {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        let order = channel::encode(start).map_err(at("writing the order"))?;
        // A seat that failed has closed its end, and said why before.
        let sent = channel::send(self.channel.as_fd(), &order, &fds, None);
        match channel::receive::<SeatEvent>(self.channel.as_fd()) {
            Ok(Some(Packet { message: SeatEvent::Failed { step, errno }, .. })) => {
                Err((step, io::Error::from_raw_os_error(errno)))
            }
            // Closed by exec, or by a death that will be reported as the program's.
            Ok(None) => sent.map(|()| self.pid).map_err(at("giving the order")),
            Err(error) => Err(at("waiting for the program")(error)),
        }
    }
}

/// Makes where we are the top of what /proc/self/cgroup tells.
#[allow(unsafe_code)]
fn hide_cgroups() -> rustix::io::Result<()> {
    // SAFETY: only unsharing descriptor or memory tables between threads would be unsound; this is neither.
    unsafe { unshare_unsafe(UnshareFlags::NEWCGROUP) }
}

/// Gives every descriptor its number and marks all others to be closed by exec; returns a copy of the channel.
fn place(numbers: &[RawFd], fds: &[OwnedFd], channel: &OwnedFd) -> io::Result<OwnedFd> {
    // Above every number to be given, so that placing one does not overwrite the next.
    let channel = rustix::io::fcntl_dupfd_cloexec(channel, FD_MAX + 1)?;
    let copies = fds
        .iter()
        .map(|fd| rustix::io::fcntl_dupfd_cloexec(fd, FD_MAX + 1))
        .collect::<Result<Vec<_>, _>>()?;
    prctl::close_on_exec_from(3)?;
    for (number, copy) in numbers.iter().zip(&copies) {
        prctl::duplicate_to(copy.as_fd(), *number)?;
    }
    Ok(channel)
}

/// The program's path, arguments and environment as exec wants them.
struct Image {
    argv: Vec<CString>,
    env: Vec<CString>,
}

impl Image {
    /// `None` when the program's path is not absolute or a string holds a NUL.
    fn new(start: &Start) -> Option<Self> {
        let strings = |list: &[Vec<u8>]| {
            list.iter().map(|s| CString::new(s.as_slice()).ok()).collect::<Option<Vec<_>>>()
        };
        let image = Self { argv: strings(&start.argv)?, env: strings(&start.env)? };
        image.argv.first().is_none_or(|path| path.as_bytes().starts_with(b"/")).then_some(image)
    }

    #[allow(unsafe_code)]
    fn exec(&self) -> io::Error {
        let pointers = |strings: &[CString]| {
            strings.iter().map(|s| s.as_ptr()).chain(std::iter::once(std::ptr::null())).collect::<Vec<_>>()
        };
        let (argv, env) = (pointers(&self.argv), pointers(&self.env));
        // SAFETY: both arrays end with a null and point to C strings that outlive the call.
        unsafe { libc::execve(argv[0], argv.as_ptr(), env.as_ptr()) };
        io::Error::last_os_error()
    }
}
