//! A channel's server end, without blocking.

use crate::sys::{
    channel::{self, Encoded, Packet},
    watch::watch,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
};
use tokio::io::{Interest, unix::AsyncFd};

/// One end of a channel.
#[derive(Debug)]
pub(super) struct Link {
    socket: AsyncFd<OwnedFd>,
}

impl Link {
    /// `socket` must not block.
    pub(super) fn new(socket: OwnedFd) -> io::Result<Self> {
        Ok(Self { socket: watch(socket, Interest::READABLE | Interest::WRITABLE)? })
    }

    /// Sends one message.
    pub(super) async fn send<T: Serialize>(&self, message: &T, fds: &[OwnedFd]) -> io::Result<()> {
        self.send_encoded(&channel::encode(message)?, fds).await
    }

    /// Sends one message that is encoded already.
    pub(super) async fn send_encoded(&self, encoded: &Encoded, fds: &[OwnedFd]) -> io::Result<()> {
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        self.socket
            .async_io(Interest::WRITABLE, |socket| channel::send(socket.as_fd(), encoded, &fds, None))
            .await
    }

    /// Whether the other end is closed, as far as is known now.
    pub(super) fn is_closed(&self) -> bool {
        let mut polled = [PollFd::new(&self.socket, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut polled, Some(&now)).is_ok() && polled[0].revents().contains(PollFlags::HUP)
    }

    /// Receives one message; `None` when the other end is closed. Cancel safe.
    pub(super) async fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<Packet<T>>> {
        match self.socket.async_io(Interest::READABLE, |socket| channel::receive(socket.as_fd())).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            result => result,
        }
    }
}
