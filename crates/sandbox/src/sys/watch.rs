//! A descriptor the runtime watches.
#![allow(unsafe_code)] // tokio wants a promise that the descriptor stays the same, which its type gives.

use std::{io, os::fd::OwnedFd};
use tokio::io::{Interest, unix::AsyncFd};

/// Registers `fd` with the current runtime.
pub(crate) fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open and always names the same descriptor until it is dropped, which `AsyncFd` does after
    // deregistering.
    unsafe { AsyncFd::register_with_interest(fd, interest) }.map_err(io::Error::from)
}
