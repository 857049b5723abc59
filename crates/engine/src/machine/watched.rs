//! The read end of a pipe, watched by tokio, which can move to be watched elsewhere.

use std::{io, os::fd::OwnedFd};
use tokio::net::unix::pipe::Receiver;

/// What a tokio runtime watches. Empty only after a move that failed, and of no use then.
#[derive(Debug)]
pub(super) struct Watched(Option<Receiver>);

impl Watched {
    /// Has the current runtime watch `fd`.
    pub(super) fn new(fd: OwnedFd) -> io::Result<Self> {
        Receiver::from_owned_fd(fd).map(|receiver| Self(Some(receiver)))
    }

    /// Has the current runtime watch it, instead of the one that did.
    pub(super) fn watch_here(&mut self) -> io::Result<()> {
        let fd = self.0.take().ok_or_else(lost)?.into_nonblocking_fd()?;
        // It came out of a receiver, so the checks of its kind are made already.
        self.0 = Some(Receiver::from_owned_fd_unchecked(fd)?);
        Ok(())
    }

    pub(super) fn get(&self) -> io::Result<&Receiver> {
        self.0.as_ref().ok_or_else(lost)
    }

    pub(super) fn get_mut(&mut self) -> io::Result<&mut Receiver> {
        self.0.as_mut().ok_or_else(lost)
    }
}

fn lost() -> io::Error {
    io::ErrorKind::NotConnected.into()
}
