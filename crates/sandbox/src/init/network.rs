//! The sandbox's own network: a loopback, and sockets that the server answers.
#![allow(unsafe_code)] // unshare and the interface ioctl have no safe face.

use super::{Failure, at};
use crate::{message::Transport, sys::check};
use rustix::{
    net::{AddressFamily, SocketFlags, SocketType, socket_with},
    thread::{UnshareFlags, unshare_unsafe},
};
use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::{AsRawFd, OwnedFd},
};

/// Leaves the host's network for an empty one whose loopback is up, and takes a name.
pub(super) fn new_namespace(hostname: &str) -> Result<(), Failure> {
    // SAFETY: only unsharing descriptor or memory tables between threads would be unsound; this is neither.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET) }.map_err(at("making a network namespace"))?;
    loopback_up().map_err(at("raising the loopback"))?;
    rustix::system::sethostname(hostname.as_bytes()).map_err(at("setting the host name"))
}

fn loopback_up() -> io::Result<()> {
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    // SAFETY: an all-zero `ifreq` is valid: an empty name and no flags.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: SIOCSIFFLAGS reads an `ifreq`, which `request` is, and outlives the call.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) }.into())?;
    Ok(())
}

/// Opens the sockets; they do not block, as the server wants them.
pub(super) fn listen(listeners: &[(Transport, SocketAddr)]) -> Result<Vec<OwnedFd>, Failure> {
    let open = |(transport, address): &(Transport, SocketAddr)| -> io::Result<OwnedFd> {
        Ok(match transport {
            Transport::Tcp => {
                let socket = TcpListener::bind(address)?;
                socket.set_nonblocking(true)?;
                socket.into()
            }
            Transport::Udp => {
                let socket = UdpSocket::bind(address)?;
                socket.set_nonblocking(true)?;
                socket.into()
            }
        })
    };
    listeners
        .iter()
        .map(|listener| open(listener).map_err(at(format!("listening on {}", listener.1))))
        .collect()
}
