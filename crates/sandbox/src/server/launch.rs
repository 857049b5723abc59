//! Starting the janitor and knowing when it has ended.

use crate::{
    entry::{CONTROL_FD, JanitorArguments, LIFE_FD},
    sys::{channel, prctl, watch::watch},
};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Command, Stdio},
    sync::Mutex,
};
use tokio::io::{Interest, unix::AsyncFd};

/// The janitor's process. Dropping it ends everything: the janitor sees its pipe close.
#[derive(Debug)]
pub(super) struct Janitor {
    arguments: JanitorArguments,
    life: Mutex<Option<OwnedFd>>,
    pidfd: AsyncFd<OwnedFd>,
}

impl Janitor {
    /// Starts this same binary as janitor, which starts the spawner; returns the spawner's channel, too.
    #[allow(unsafe_code)]
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox, and it starts its own helper")]
    pub(super) fn start(arguments: JanitorArguments) -> io::Result<(Self, OwnedFd)> {
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let (ours, theirs) = channel::pair()?;
        // Nothing of the server's is inherited: not its output, not its working directory, not its secrets.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("tinderbox");
        command.args(arguments.to_args()).env_clear().current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: between fork and exec this only duplicates descriptors, which takes no lock and allocates nothing.
        unsafe { command.pre_exec(move || place(read.as_fd(), theirs.as_fd())) };
        let child = command.spawn()?;
        let raw = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(rustix::io::Errno::SRCH)?;
        let pidfd = pidfd_open(raw, PidfdFlags::empty())?;
        let pidfd = watch(pidfd, Interest::READABLE)?;
        Ok((Self { arguments, life: Mutex::new(Some(write)), pidfd }, ours))
    }

    pub(super) fn arguments(&self) -> &JanitorArguments {
        &self.arguments
    }

    /// Tells the janitor to end everything.
    pub(super) fn dismiss(&self) {
        drop(self.life.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
    }

    /// Resolves when the janitor has ended.
    pub(super) async fn ended(&self) {
        if self.pidfd.readable().await.is_ok() {
            // Whoever reaps first takes it; the others learn that there is none.
            let _ = waitid(
                WaitId::PidFd(self.pidfd.get_ref().as_fd()),
                WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
            );
        }
    }
}

fn place(life: BorrowedFd<'_>, control: BorrowedFd<'_>) -> io::Result<()> {
    const ABOVE: i32 = 16;
    let life = rustix::io::fcntl_dupfd_cloexec(life, ABOVE)?;
    let control = rustix::io::fcntl_dupfd_cloexec(control, ABOVE)?;
    prctl::duplicate_to(life.as_fd(), LIFE_FD)?;
    prctl::duplicate_to(control.as_fd(), CONTROL_FD)
}
