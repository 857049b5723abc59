//! The sandbox's own network: a loopback, and sockets that the server answers.
#![allow(unsafe_code)] // unshare and the interface ioctl have no safe face.

use super::{Failure, at};
use crate::{
    message::Transport,
    network::{self, Uplink},
    sys::check,
};
use rustix::{
    net::{AddressFamily, SocketFlags, SocketType, socket_with},
    thread::{UnshareFlags, unshare_unsafe},
};
use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::{AsFd, AsRawFd, OwnedFd},
};

/// Leaves the host's network for one of its own whose loopback is up, and takes a name. The only way out, if there is one,
/// is a link to the router.
pub(super) fn new_namespace(hostname: &str, uplink: Option<(Uplink, OwnedFd)>) -> Result<(), Failure> {
    // The way to the router's configuration is opened from within, on the way to our own namespace.
    let uplink = match uplink {
        Some((uplink, router)) => {
            Some((uplink, network::open_uplink(router.as_fd()).map_err(at("reaching the router"))?))
        }
        None => None,
    };
    // SAFETY: only unsharing descriptor or memory tables between threads would be unsound; this is neither.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET) }.map_err(at("making a network namespace"))?;
    loopback_up().map_err(at("raising the loopback"))?;
    if let Some((uplink, router)) = uplink {
        network::join(uplink, &router).map_err(at("connecting to the router"))?;
    }
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
