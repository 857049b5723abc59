//! `clone3`: a fork with namespaces, a pidfd and a place in the cgroup tree.
#![allow(unsafe_code)] // clone3 has no safe face: what the child may do depends on the parent's threads.

use super::check;
use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

/// Which of the two processes returned from [`fork`].
pub(crate) enum Forked {
    /// The caller; it knows its child by both names.
    Parent { pid: i32, pidfd: OwnedFd },
    /// The new process.
    Child,
}

/// New namespaces of a sandbox that are made together with its first process.
///
/// The network namespace is not among them: it takes several times as long as all the others, so the new process makes
/// its own and the spawner is free again.
pub(crate) const SANDBOX_NAMESPACES: u64 =
    (libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS) as u64;

/// Those of a zygote: as a sandbox's, but it must be an ancestor of the sandboxes that its forks enter (setns(2)).
pub(crate) const ZYGOTE_NAMESPACES: u64 =
    (libc::CLONE_NEWNS | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS) as u64;

/// Namespaces of the spawner: everything below it dies with it, and the host's mounts are out of sight.
pub(crate) const SPAWNER_NAMESPACES: u64 = (libc::CLONE_NEWNS | libc::CLONE_NEWPID) as u64;

/// `CLONE_INTO_CGROUP`, which libc has in a type too small for it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Forks into `namespaces` and, where given, into the cgroup v2 directory `cgroup`.
///
/// # Safety
///
/// The calling process must have a single thread. Then the child is a full copy: no lock is held by a thread
/// that does not exist in it, so it may allocate and call anything.
pub(crate) unsafe fn fork(namespaces: u64, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Forked> {
    let mut pidfd: RawFd = -1;
    // SAFETY: an all-zero `clone_args` is valid: no flags, no stack (the child continues on a copy of ours).
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = namespaces | libc::CLONE_PIDFD as u64;
    args.pidfd = (&raw mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if let Some(cgroup) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: `args` is initialised and outlives the call; without CLONE_VM the child has its own copy of the
    // address space, and the caller promises that no other thread existed.
    let pid =
        check(unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, size_of::<libc::clone_args>()) })?;
    if pid == 0 {
        return Ok(Forked::Child);
    }
    // SAFETY: with CLONE_PIDFD a successful clone3 stored a new descriptor that nothing else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Forked::Parent { pid: pid as i32, pidfd })
}

/// Ends this process at once: no destructors, no exit handlers, no flushed buffers.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` only ends the process.
    unsafe { libc::_exit(code) }
}
