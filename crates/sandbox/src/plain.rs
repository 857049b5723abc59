//! No isolation: functions as plain processes of the server's own user, for hosts without the means.
//!
//! What stays is order, not protection: a process tree that ends with its sandbox, directories of its own, sockets of
//! its own on the host's loopback. Where things lie differs from the paths that a sandbox has, so whoever starts a
//! program has what it is told put into the host's paths ([`root::Root::localize`]).

pub(crate) mod accounts;
pub(crate) mod root;
pub(crate) mod tree;

use crate::{
    cgroup::{Layout, Place},
    error::SandboxError,
    spec::Listener,
};
use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

/// The variable by which the next server recognises what an earlier one left running.
pub(crate) const MARK: &str = "TINDERBOX_INSTANCE";

/// Below the state directory: one directory a sandbox.
pub(crate) fn directory(state_dir: &Path) -> PathBuf {
    state_dir.join("plain")
}

/// One directory plays every role of a cgroup, and limits nothing.
pub(crate) fn layout(state_dir: &Path) -> Layout {
    let place = Place { base: directory(state_dir), version: &accounts::Plain };
    Layout {
        memory: place.clone(),
        cpu: place.clone(),
        pids: place.clone(),
        freezer: place.clone(),
        cpu_time: place,
    }
}

/// Opens the sockets on free ports of the host's loopback: the network is everyone's.
pub(crate) fn listen(listeners: &[Listener]) -> Result<Vec<OwnedFd>, SandboxError> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let open = |listener: &Listener| -> std::io::Result<OwnedFd> {
        Ok(match listener {
            Listener::Tcp(_) => {
                let socket = TcpListener::bind(any)?;
                socket.set_nonblocking(true)?;
                socket.into()
            }
            Listener::Udp(_) => {
                let socket = UdpSocket::bind(any)?;
                socket.set_nonblocking(true)?;
                socket.into()
            }
        })
    };
    let opened: std::io::Result<Vec<_>> = listeners.iter().map(open).collect();
    opened.map_err(SandboxError::step("listening on the loopback"))
}

/// What is not protected, one line each, for people.
pub(crate) fn listing() -> Vec<String> {
    let user = rustix::process::geteuid().as_raw();
    let who = if user == 0 { "root, user 0".to_owned() } else { format!("user {user}") };
    vec![
        format!("NO ISOLATION: functions are plain processes of the server's own user ({who})"),
        "not protected: every file of that user, this server's data and other functions' code included".to_owned(),
        "not protected: other processes of that user, other functions' instances included".to_owned(),
        "not protected: the network: functions reach what this host reaches, and every program of this host can call \
         the platform as any function's role"
            .to_owned(),
        "not limited: memory, processor, number of processes, size of /tmp; idle instances are not frozen".to_owned(),
        "given: a session, directories, environment and open-file limit of its own; all of it ends with the server"
            .to_owned(),
    ]
}
