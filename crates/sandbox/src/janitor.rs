//! The janitor outlives the server only to leave nothing of it behind.

use crate::{
    entry::{CONTROL_FD, JanitorArguments, LIFE_FD},
    plain::tree,
    spawner, sweep,
    sys::{
        fork::{self, Forked},
        prctl,
    },
};
use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, set_dumpable_behavior, setsid, waitid},
};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// Starts the spawner, waits until the server or the spawner is gone, and clears away.
pub(crate) fn run(arguments: &JanitorArguments) -> ! {
    // A signal to the terminal's group is the server's to handle; we end when it has.
    prctl::ignore(&[libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE, libc::SIGQUIT]);
    let _ = setsid();
    let _ = rustix::thread::set_name(c"tb-janitor");
    let _ = set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let (life, control) = inherited();
    let code = match watch(arguments, &life, control) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    // The server reads our exit as: everything that could be removed is.
    fork::exit_now(code)
}

fn watch(arguments: &JanitorArguments, life: &OwnedFd, control: OwnedFd) -> io::Result<()> {
    // Only we hold the other end: its closing tells a spawner that missed our death before it asked to be told.
    let (spawner_life, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // SAFETY-relevant order: this process has never had a second thread (see `entrypoint`).
    if arguments.plain {
        tree::adopt_orphans()?;
    }
    let pidfd = match fork_spawner(arguments.plain)? {
        Forked::Child => {
            drop(ours);
            spawner::run(control, spawner_life, arguments)
        }
        Forked::Parent { pidfd, .. } => pidfd,
    };
    drop((control, spawner_life));
    wait_any(&[life.as_fd(), pidfd.as_fd()])?;
    sweep::thaw(&arguments.cgroups);
    let _ = pidfd_send_signal(&pidfd, Signal::KILL);
    // The kernel reports a dead PID 1 only when everything in its namespace, and the namespaces below, is gone.
    waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED)?;
    if arguments.plain {
        // No namespace died with it.
        tree::end();
    }
    sweep::files(arguments)
}

#[allow(unsafe_code)]
fn fork_spawner(plain: bool) -> io::Result<Forked> {
    let namespaces = if plain { 0 } else { fork::SPAWNER_NAMESPACES };
    // SAFETY: `entrypoint` runs before any thread is started, and the janitor starts none.
    unsafe { fork::fork(namespaces, None) }
}

/// Waits until one of `fds` is closed or, for a pidfd, its process has ended.
fn wait_any(fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut polled: Vec<_> = fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    loop {
        match poll(&mut polled, None) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[allow(unsafe_code)]
fn inherited() -> (OwnedFd, OwnedFd) {
    use std::os::fd::FromRawFd;
    // SAFETY: the server put these two descriptors there before exec, and nothing else in this process owns them.
    unsafe { (OwnedFd::from_raw_fd(LIFE_FD), OwnedFd::from_raw_fd(CONTROL_FD)) }
}
