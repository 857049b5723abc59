//! Packets with descriptors over a `SOCK_SEQPACKET` pair: the only way server, spawner and inits speak.

use crate::spec::PAYLOAD_MAX;
use rustix::{
    fs::{MemfdFlags, memfd_create},
    io::Errno,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType, UCred, recvmsg, sendmsg, socketpair,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs::File,
    io::{self, IoSlice, IoSliceMut, Read, Seek, Write},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// Larger messages travel as a memory file: a packet must fit the socket's buffer (212,992 bytes by default).
const INLINE_MAX: usize = 32 * 1024;

/// Descriptors in one packet (`SCM_MAX_FD`).
const FDS_MAX: usize = 253;

const INLINE: u8 = 0;
const IN_MEMORY_FILE: u8 = 1;

/// A received message.
pub(crate) struct Packet<T> {
    pub(crate) message: T,
    pub(crate) fds: Vec<OwnedFd>,
    /// A process the sender named, as this process's pid namespace numbers it.
    pub(crate) pid: Option<rustix::process::Pid>,
}

/// A connected pair; the first end does not block, for the server.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (server, other) =
        socketpair(rustix::net::AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    rustix::io::ioctl_fionbio(&server, true)?;
    // Without this the kernel does not translate the pids that init tells.
    rustix::net::sockopt::set_socket_passcred(&server, true)?;
    Ok((server, other))
}

/// A message encoded for [`send`].
pub(crate) struct Encoded {
    bytes: Vec<u8>,
    file: Option<OwnedFd>,
}

/// Encodes `message`; `InvalidInput` when it is larger than [`PAYLOAD_MAX`].
pub(crate) fn encode<T: Serialize>(message: &T) -> io::Result<Encoded> {
    let bytes = postcard::to_extend(message, vec![INLINE]).map_err(io::Error::other)?;
    if bytes.len() <= INLINE_MAX {
        return Ok(Encoded { bytes, file: None });
    }
    if bytes.len() > PAYLOAD_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "larger than 8 MiB"));
    }
    let mut file = File::from(memfd_create("message", MemfdFlags::CLOEXEC)?);
    file.write_all(&bytes[1..])?;
    file.rewind()?;
    Ok(Encoded { bytes: vec![IN_MEMORY_FILE], file: Some(file.into()) })
}

/// Encodes `message` for a reader that has no codec of ours.
pub(crate) fn encode_json<T: Serialize>(message: &T) -> io::Result<Encoded> {
    let mut bytes = vec![INLINE];
    serde_json::to_writer(&mut bytes, message)?;
    if bytes.len() > INLINE_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "larger than 32 KiB"));
    }
    Ok(Encoded { bytes, file: None })
}

/// Sends one packet. On a socket that does not block, `WouldBlock` means: later.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    encoded: &Encoded,
    fds: &[BorrowedFd<'_>],
    pid: Option<rustix::process::Pid>,
) -> io::Result<()> {
    let mut all = Vec::with_capacity(fds.len() + 1);
    all.extend(encoded.file.as_ref().map(AsFd::as_fd));
    all.extend_from_slice(fds);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX), ScmCredentials(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !all.is_empty() && (all.len() > FDS_MAX || !control.push(SendAncillaryMessage::ScmRights(&all))) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "more than 253 descriptors"));
    }
    if let Some(pid) = pid {
        let credentials = UCred { pid, uid: rustix::process::getuid(), gid: rustix::process::getgid() };
        control.push(SendAncillaryMessage::ScmCredentials(credentials));
    }
    let iov = [IoSlice::new(&encoded.bytes)];
    retry(|| sendmsg(socket, &iov, &mut control, SendFlags::NOSIGNAL))?;
    Ok(())
}

/// Receives one packet; `None` when the other end is closed.
pub(crate) fn receive<T: DeserializeOwned>(socket: BorrowedFd<'_>) -> io::Result<Option<Packet<T>>> {
    let mut bytes = vec![0; INLINE_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX), ScmCredentials(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received =
        retry(|| recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::CMSG_CLOEXEC))?;
    let (mut fds, mut pid) = (Vec::new(), None);
    for message in control.drain() {
        match message {
            RecvAncillaryMessage::ScmRights(rights) => fds.extend(rights),
            RecvAncillaryMessage::ScmCredentials(credentials) => pid = Some(credentials.pid),
            _ => {}
        }
    }
    if received.bytes == 0 {
        return Ok(None);
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(malformed());
    }
    let message = match bytes[0] {
        INLINE => postcard::from_bytes(&bytes[1..received.bytes]),
        IN_MEMORY_FILE if !fds.is_empty() => {
            let mut content = Vec::new();
            File::from(fds.remove(0)).take(PAYLOAD_MAX as u64).read_to_end(&mut content)?;
            postcard::from_bytes(&content)
        }
        _ => return Err(malformed()),
    };
    Ok(Some(Packet { message: message.map_err(|_| malformed())?, fds, pid }))
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed packet")
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_any_size_arrive_with_their_descriptors() {
        fn check(size: usize, descriptors: usize) {
            let (a, b) = pair().unwrap();
            let message = vec![7_u8; size];
            let fds = vec![a.as_fd(); descriptors];
            send(b.as_fd(), &encode(&message).unwrap(), &fds, None).unwrap();
            let packet: Packet<Vec<u8>> = receive(a.as_fd()).unwrap().unwrap();
            assert_eq!((packet.message.len(), packet.fds.len()), (size, descriptors));
        }
        check(0, 0);
        check(100, 3);
        check(INLINE_MAX + 1, 2);
        check(1 << 20, 252);
    }

    #[test]
    fn a_closed_end_is_none_and_too_large_is_refused() {
        let (a, b) = pair().unwrap();
        drop(b);
        assert!(receive::<u8>(a.as_fd()).unwrap().is_none());
        assert!(encode(&vec![0_u8; PAYLOAD_MAX + 1]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_or_understood(bytes in proptest::collection::vec(proptest::num::u8::ANY, 1..64)) {
            let (a, b) = pair().unwrap();
            send(b.as_fd(), &Encoded { bytes, file: None }, &[], None).unwrap();
            let _: io::Result<Option<Packet<crate::message::Request>>> = receive(a.as_fd());
        }
    }
}
