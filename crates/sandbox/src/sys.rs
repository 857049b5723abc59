//! Thin, safe faces over the system calls this crate needs and no library gives.

pub(crate) mod channel;
pub(crate) mod fork;
pub(crate) mod mount;
pub(crate) mod prctl;
pub(crate) mod watch;

use rustix::io::Errno;
use std::io;

/// The result of a raw system call as an `io::Result`.
pub(crate) fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The error number of `error`; `EIO` when it carries none.
pub(crate) fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(Errno::IO.raw_os_error())
}
