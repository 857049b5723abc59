//! Init: PID 1 of one sandbox. It builds the sandbox, starts its program, reaps, and reports.
//!
//! When it dies, by whatever cause, the kernel kills everything inside.

mod confine;
mod network;
mod program;
mod root;

use crate::{
    message::{Event, Program, Request},
    plain::tree,
    sys::{
        channel::{self, Packet},
        fork, prctl,
    },
};
use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::FileType,
    process::{
        DumpableBehavior, Pid, Signal, WaitOptions, set_dumpable_behavior, set_parent_process_death_signal,
        wait,
    },
};
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
};

pub(crate) use program::CORE;

/// Where, in the spawner's root, a sandbox's root is put together.
pub(crate) const ROOT: &str = "/root";

/// Where, in the spawner's root, the devices are.
pub(crate) const DEVICES: &str = "/devices";

/// Bytes of one `signalfd_siginfo`, which begins with the signal's number.
const SIGINFO: usize = 128;

/// A failed step and what the system said.
pub(crate) type Failure = (String, io::Error);

/// Names the step of a failure.
pub(crate) fn at<E: Into<io::Error>>(step: impl Into<String>) -> impl FnOnce(E) -> Failure {
    move |error| (step.into(), error.into())
}

/// Runs init on its end of the sandbox's channel.
pub(crate) fn run(socket: OwnedFd, plain: bool, zygote: bool) -> ! {
    // Whatever panics here would unwind into the spawner's copy of its loop.
    let _ = std::panic::catch_unwind(|| {
        let _ = Init::new(socket, plain, zygote).and_then(|mut init| init.serve());
    });
    if plain {
        // No namespace ends with this process.
        tree::end();
    }
    fork::exit_now(0)
}

/// How far a sandbox is.
enum State {
    Empty,
    /// Built; a seat waits unless the last one failed.
    Built {
        seats: program::Seats,
        seat: Option<program::Seat>,
    },
    /// The program runs, or has been reaped.
    Started {
        program: Option<Pid>,
    },
}

struct Init {
    socket: OwnedFd,
    children: OwnedFd,
    state: State,
    /// Nothing is isolated.
    plain: bool,
    attached: bool,
    retired: bool,
}

impl Init {
    fn new(socket: OwnedFd, plain: bool, zygote: bool) -> io::Result<Self> {
        let _ = rustix::thread::set_name(c"tb-init");
        if plain {
            tree::adopt_orphans()?;
            set_parent_process_death_signal(Some(Signal::KILL))?;
        }
        if !plain && !zygote {
            prctl::bound_capabilities(&[])?;
        }
        // The spawner's own descriptors are copies of no use here; its channel least of all.
        let socket = prctl::keep_only(socket)?;
        let children =
            prctl::signal_fd(if plain { &[libc::SIGCHLD, libc::SIGTERM] } else { &[libc::SIGCHLD] })?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        Ok(Self { socket, children, state: State::Empty, plain, attached: false, retired: false })
    }

    fn serve(&mut self) -> io::Result<()> {
        loop {
            let mut polled =
                [PollFd::new(&self.socket, PollFlags::IN), PollFd::new(&self.children, PollFlags::IN)];
            match poll(&mut polled, None) {
                Err(rustix::io::Errno::INTR) => continue,
                result => result?,
            };
            let (asked, child) = (!polled[0].revents().is_empty(), !polled[1].revents().is_empty());
            if child {
                self.reap()?;
            }
            if asked {
                let Some(packet) = channel::receive(self.socket.as_fd())? else { return Ok(()) };
                self.answer(packet)?;
            }
        }
    }

    fn answer(&mut self, packet: Packet<Request>) -> io::Result<()> {
        let Packet { message, fds, .. } = packet;
        let result = match message {
            Request::Setup(setup) => self.set_up(&setup, fds),
            Request::Prepare(rlimits) => self.prepare(rlimits),
            Request::Start(start) => self.start(&start, fds),
            Request::Retire => self.retire(),
            Request::Attach { targets } => {
                root::attach(&targets, &fds).map(|()| (Event::Attached, Vec::new(), None))
            }
        };
        match result {
            Ok((event, fds, pid)) => {
                self.tell(&event, &fds, pid)?;
                self.attached |= matches!(event, Event::Attached);
                // Nothing is left to do that needs a privilege.
                if !self.plain
                    && self.attached
                    && matches!(self.state, State::Started { .. })
                    && !self.retired
                {
                    confine::retire()?;
                    self.retired = true;
                }
                Ok(())
            }
            Err((step, error)) => {
                self.tell(&Event::Failed { step, errno: crate::sys::errno(&error) }, &[], None)
            }
        }
    }

    fn set_up(&mut self, setup: &crate::message::Setup, mut fds: Vec<OwnedFd>) -> Result<Answer, Failure> {
        let mounts =
            setup.entries.iter().filter(|e| matches!(e, crate::message::Entry::Mount { .. })).count();
        let router = setup.uplink.and_then(|_| fds.pop());
        if !matches!(self.state, State::Empty) || fds.len() != mounts + 1 + setup.cgroups.len() {
            return Err(at("reading the order")(rustix::io::Errno::INVAL));
        }
        let cgroups = fds.split_off(mounts + 1);
        network::new_namespace(&setup.hostname, setup.uplink.zip(router))?;
        let mut handed = network::listen(&setup.listeners)?;
        root::build(setup, &fds)?;
        let seats = program::Seats::new(setup, cgroups)?;
        let seat = match setup.program {
            Program::Confined | Program::Zygote => Some(seats.fork()?),
            Program::Entering => {
                let ruleset = seats.ruleset().map_err(at("preparing the confinement"))?;
                if setup.landlock && ruleset.is_none() {
                    return Err(at("preparing the confinement")(rustix::io::Errno::NOSYS));
                }
                handed.extend(ruleset);
                None
            }
        };
        self.state = State::Built { seats, seat };
        Ok((Event::Ready, handed, None))
    }

    fn prepare(&mut self, rlimits: crate::message::SetupRlimits) -> Result<Answer, Failure> {
        if !self.plain || !matches!(self.state, State::Empty) {
            return Err(at("reading the order")(rustix::io::Errno::INVAL));
        }
        let seats = program::Seats::plain(rlimits);
        let seat = Some(seats.fork()?);
        self.state = State::Built { seats, seat };
        Ok((Event::Ready, Vec::new(), None))
    }

    fn start(&mut self, start: &crate::message::Start, fds: Vec<OwnedFd>) -> Result<Answer, Failure> {
        let State::Built { seats, seat } = &mut self.state else {
            return Err(at("reading the order")(rustix::io::Errno::INVAL));
        };
        let seat = seat.take().map_or_else(|| seats.fork(), Ok)?;
        // What is written to by name, /dev/stdout for one, must belong to the program.
        let owner = seats.uid().map(rustix::process::Uid::from_raw);
        for fd in fds.iter().filter(|_| owner.is_some()) {
            let is_pipe = rustix::fs::fstat(fd)
                .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
            if is_pipe {
                rustix::fs::fchown(fd, owner, None).map_err(at("giving a pipe to the program"))?;
            }
        }
        let program = seat.start(start, &fds)?;
        self.state = State::Started { program: Some(program) };
        if self.plain {
            // Only root may have the kernel name another process.
            let pid = program.as_raw_nonzero().get();
            return Ok((Event::StartedAs { pid }, Vec::new(), None));
        }
        Ok((Event::Started, Vec::new(), Some(program)))
    }

    fn retire(&mut self) -> Result<Answer, Failure> {
        if !matches!(self.state, State::Built { seat: None, .. }) {
            return Err(at("reading the order")(rustix::io::Errno::INVAL));
        }
        self.state = State::Started { program: None };
        confine::retire().map_err(at("giving up privileges"))?;
        self.retired = true;
        Ok((Event::Retired, Vec::new(), None))
    }

    /// Reaps every dead child; orphans of the program become ours.
    fn reap(&mut self) -> io::Result<()> {
        // Two at most can be pending, since no signal waits twice.
        let mut siginfo = [0; 2 * SIGINFO];
        let read = rustix::io::read(&self.children, &mut siginfo).unwrap_or(0);
        if siginfo[..read].chunks(SIGINFO).any(|info| info.starts_with(&libc::SIGTERM.to_ne_bytes())) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if let State::Built { seat, .. } = &mut self.state {
                seat.take_if(|seat| seat.pid == pid);
            }
            if matches!(self.state, State::Started { program: Some(program) } if program == pid) {
                self.state = State::Started { program: None };
                self.tell(&Event::Exited { status: status.as_raw() }, &[], None)?;
            }
        }
        Ok(())
    }

    fn tell(&self, event: &Event, fds: &[OwnedFd], pid: Option<Pid>) -> io::Result<()> {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        channel::send(self.socket.as_fd(), &channel::encode(event)?, &fds, pid)
    }
}

type Answer = (Event, Vec<OwnedFd>, Option<Pid>);
