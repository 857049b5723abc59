//! What a process says about itself to the kernel.
#![allow(unsafe_code)] // sigprocmask, signal and signalfd have no safe face in rustix.

use super::check;
use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

/// Ignores `signals` in this process and what it forks.
pub(crate) fn ignore(signals: &[i32]) {
    for signal in signals {
        // SAFETY: SIG_IGN runs no code of ours.
        unsafe { libc::signal(*signal, libc::SIG_IGN) };
    }
}

/// Puts every signal back to its default and unblocks all, as a program that is started expects.
pub(crate) fn default_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL runs no code of ours; the kernel refuses the numbers that cannot be set, harmlessly.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: an all-zero signal set is the empty set, and the old mask is not asked for.
    unsafe {
        let none: libc::sigset_t = std::mem::zeroed();
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Blocks `signals` and returns a descriptor that is readable while one is pending.
pub(crate) fn signal_fd(signals: &[i32]) -> io::Result<OwnedFd> {
    // SAFETY: `set` is initialised by sigemptyset before use, and all pointers outlive the calls.
    let fd = unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::signal(*signal, libc::SIG_DFL);
            libc::sigaddset(&raw mut set, *signal);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
    };
    check(fd.into())?;
    // SAFETY: signalfd returned a new descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Closes every descriptor but the first three and `kept`, which gets a new number.
pub(crate) fn keep_only(kept: OwnedFd) -> io::Result<OwnedFd> {
    const KEPT: u32 = 3;
    if kept.as_raw_fd() != KEPT as i32 {
        // SAFETY: whatever Rust value owns descriptor 3 is one of those this function is called to forget.
        check(unsafe { libc::dup3(kept.as_raw_fd(), KEPT as i32, libc::O_CLOEXEC) }.into())?;
    }
    std::mem::forget(kept);
    // SAFETY: the caller is a fresh fork that never returns to the frames whose values own these descriptors.
    check(unsafe { libc::syscall(libc::SYS_close_range, KEPT + 1, u32::MAX, 0) })?;
    // SAFETY: descriptor 3 is a copy of `kept` (or `kept` itself, forgotten above) that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(KEPT as i32) })
}

/// Marks every descriptor from `first` on to be closed by exec.
pub(crate) fn close_on_exec_from(first: u32) -> io::Result<()> {
    // SAFETY: this changes a flag of descriptors and closes none.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) })?;
    Ok(())
}

/// Makes `number` another name of `fd` that survives exec.
pub(crate) fn duplicate_to(fd: BorrowedFd<'_>, number: RawFd) -> io::Result<()> {
    // SAFETY: callers use this for 0, 1 and 2, which no Rust value owns, or just before exec, where no destructor runs
    // any more, so whoever owned `number` never closes it a second time.
    check(unsafe { libc::dup2(fd.as_raw_fd(), number) }.into())?;
    Ok(())
}

/// Leaves only `kept` in the set of capabilities that any exec from here on can give. What this process holds, it keeps.
pub(crate) fn bound_capabilities(kept: &[u32]) -> io::Result<()> {
    for capability in (0..64_u32).filter(|capability| !kept.contains(capability)) {
        // SAFETY: PR_CAPBSET_DROP takes a number and touches no memory.
        match check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) }.into()) {
            Ok(_) => {}
            // Past the last one this kernel knows.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && capability > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Where this process's command line is in its memory; init's own is another place, at the same address.
pub(crate) struct CommandLine {
    start: usize,
    end: usize,
}

impl CommandLine {
    /// Reads `/proc/self/stat`; `None` where that does not tell.
    pub(crate) fn locate() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The name, in parentheses, may hold anything; after it come fields 3 and on (proc_pid_stat(5)).
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let start = fields.nth(48 - 3)?.parse().ok()?;
        let end = fields.next()?.parse().ok()?;
        (start != 0 && start < end).then_some(Self { start, end })
    }

    /// Overwrites it, so that nobody reads paths of the host there.
    ///
    /// # Safety
    ///
    /// Nothing in this process may hold a reference to its arguments, or read them later as more than bytes.
    pub(crate) unsafe fn blank(&self) {
        // SAFETY: the kernel put the arguments there, writable, and said where; forking copies them to the same place.
        unsafe { std::ptr::write_bytes(self.start as *mut u8, 0, self.end - self.start) };
    }
}
