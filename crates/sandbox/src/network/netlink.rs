//! Messages to the kernel's network configuration, written and sent by hand: what is needed of it is little.

use rustix::{
    io::Errno,
    net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with},
};
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
};

/// Flags of a request (linux/netlink.h).
pub(crate) const REQUEST: u16 = 0x1;
pub(crate) const ACK: u16 = 0x4;
pub(crate) const EXCLUSIVE: u16 = 0x200;
pub(crate) const CREATE: u16 = 0x400;
pub(crate) const APPEND: u16 = 0x800;

/// An attribute that holds attributes.
const NESTED: u16 = 0x8000;

/// The answer that tells how a request ended, and its size up to the error's number.
const ERROR: u16 = 2;
const HEADER: usize = 16;

/// Bytes of answers read at once: an error repeats the request, and ours are short.
const ANSWER: usize = 16 << 10;

/// One message, or the attributes of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    kind: u16,
    flags: u16,
    body: Vec<u8>,
}

impl Message {
    /// A message of a kind, whose body begins with the kind's fixed `head`.
    pub(crate) fn new(kind: u16, flags: u16, head: &[u8]) -> Self {
        Self { kind, flags: flags | REQUEST, body: head.to_vec() }
    }

    /// Adds an attribute.
    pub(crate) fn with(mut self, kind: u16, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        // Lengths of ours are far below the limit.
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.body.extend_from_slice(&length.to_ne_bytes());
        self.body.extend_from_slice(&kind.to_ne_bytes());
        self.body.extend_from_slice(value);
        self.body.resize(self.body.len().next_multiple_of(4), 0);
        self
    }

    /// Adds an attribute with the attributes of `inner`.
    pub(crate) fn with_nested(self, kind: u16, inner: Self) -> Self {
        self.with(kind | NESTED, inner.body)
    }

    /// Adds a text, ended by a zero.
    pub(crate) fn with_text(self, kind: u16, text: &str) -> Self {
        self.with(kind, [text.as_bytes(), &[0]].concat())
    }

    /// Appends fixed bytes, such as the head of a message within.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.body.extend_from_slice(bytes);
        self
    }

    fn encode(&self, sequence: u32, out: &mut Vec<u8>) {
        let length = u32::try_from(HEADER + self.body.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_ne_bytes());
        out.extend_from_slice(&self.kind.to_ne_bytes());
        out.extend_from_slice(&self.flags.to_ne_bytes());
        out.extend_from_slice(&sequence.to_ne_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.body);
    }
}

/// A socket to the configuration of the network namespace it was opened in.
#[derive(Debug)]
pub(crate) struct Netlink(OwnedFd);

impl Netlink {
    /// To links, addresses and routes.
    pub(crate) fn route() -> io::Result<Self> {
        // Number 0, which is also the default.
        Self::open(None)
    }

    /// To filters and address translation.
    pub(crate) fn netfilter() -> io::Result<Self> {
        Self::open(Some(netlink::NETFILTER))
    }

    fn open(protocol: Option<rustix::net::Protocol>) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC;
        Ok(Self(socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?))
    }

    /// Sends `messages` together and waits until the kernel has answered each that asks for it; the first error is
    /// the result.
    pub(crate) fn ask(&self, messages: &[Message]) -> io::Result<()> {
        let mut bytes = Vec::new();
        (1..).zip(messages).for_each(|(sequence, message)| message.encode(sequence, &mut bytes));
        send(self.0.as_fd(), &bytes, SendFlags::empty())?;
        let mut waiting = messages.iter().filter(|message| message.flags & ACK != 0).count();
        let mut result = Ok(());
        let mut answer = vec![0; ANSWER];
        while waiting > 0 {
            let (length, _) = recv(self.0.as_fd(), &mut answer, RecvFlags::empty())?;
            for code in codes(&answer[..length]) {
                waiting = waiting.saturating_sub(1);
                if code != 0 {
                    result = result.and(Err(Errno::from_raw_os_error(-code).into()));
                    // Of a batch that is refused the rest may go unanswered.
                    waiting = 0;
                }
            }
        }
        self.drain();
        result
    }

    /// Takes what is left of the answers to a refused batch.
    fn drain(&self) {
        let mut rest = [0; 4096];
        while recv(self.0.as_fd(), &mut rest, RecvFlags::DONTWAIT).is_ok_and(|(length, _)| length > 0) {}
    }
}

/// The error numbers in answers, negative; 0 is success.
fn codes(mut answers: &[u8]) -> Vec<i32> {
    let mut found = Vec::new();
    while let Some((head, rest)) = answers.split_first_chunk::<HEADER>() {
        let [l0, l1, l2, l3, k0, k1, ..] = *head;
        let length = u32::from_ne_bytes([l0, l1, l2, l3]) as usize;
        if u16::from_ne_bytes([k0, k1]) == ERROR
            && let Some((code, _)) = rest.split_first_chunk::<4>()
        {
            found.push(i32::from_ne_bytes(*code));
        }
        answers = answers.get(length.next_multiple_of(4).max(HEADER)..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_nest() {
        let message =
            Message::new(16, ACK, &[9; 4]).with(1, [7]).with_nested(2, Message::default().with_text(3, "ab"));
        let mut bytes = Vec::new();
        message.encode(5, &mut bytes);
        let mut expect = Vec::new();
        expect.extend_from_slice(&40_u32.to_ne_bytes());
        expect.extend_from_slice(&16_u16.to_ne_bytes());
        expect.extend_from_slice(&(ACK | REQUEST).to_ne_bytes());
        expect.extend_from_slice(&5_u32.to_ne_bytes());
        expect.extend_from_slice(&[0, 0, 0, 0, 9, 9, 9, 9]);
        for (length, kind, value) in [(5_u16, 1_u16, [7, 0, 0, 0]), (12, 2 | NESTED, [7, 0, 3, 0])] {
            expect.extend_from_slice(&length.to_ne_bytes());
            expect.extend_from_slice(&kind.to_ne_bytes());
            expect.extend_from_slice(&value);
        }
        expect.extend_from_slice(&[b'a', b'b', 0, 0]);
        assert_eq!(bytes, expect);
    }

    proptest::proptest! {
        #[test]
        fn any_answer_is_survived(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = codes(&bytes);
        }
    }
}
