//! Links, addresses and routes (linux/rtnetlink.h, linux/if_link.h).

use super::netlink::{ACK, CREATE, EXCLUSIVE, Message};
use std::net::Ipv4Addr;

const NEW_LINK: u16 = 16;
const DELETE_LINK: u16 = 17;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;

const IPV4: u8 = 2;
const UP: u32 = 1;

/// Attributes of a link, and of what a link of a kind is made of.
const NAME: u16 = 3;
const LINK_INFO: u16 = 18;
const NAMESPACE_OF_PROCESS: u16 = 19;
const NAMESPACE: u16 = 28;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const VETH_PEER: u16 = 1;

/// Attributes of an address.
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;

/// Attributes and fields of a route.
const DESTINATION: u16 = 1;
const OUTPUT: u16 = 4;
const GATEWAY: u16 = 5;
const TABLE_MAIN: u8 = 254;
const PROTOCOL_STATIC: u8 = 4;
const SCOPE_UNIVERSE: u8 = 0;
const SCOPE_LINK: u8 = 253;
const UNICAST: u8 = 1;
const ON_LINK: u32 = 4;

/// Where the other end of a pair is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Where {
    /// In the network namespace that a descriptor names.
    Namespace(i32),
    /// In the one of a process, as the asking process numbers it.
    Process(u32),
}

/// A pair of links: one here, its peer elsewhere. Indexes that are 0 are chosen by the kernel.
pub(crate) fn pair(name: &str, index: u32, peer_name: &str, peer_index: u32, place: Where) -> Message {
    let peer = Message::default().raw(&head(peer_index, 0, 0)).with_text(NAME, peer_name);
    let peer = match place {
        Where::Namespace(fd) => peer.with(NAMESPACE, fd.to_ne_bytes()),
        Where::Process(pid) => peer.with(NAMESPACE_OF_PROCESS, pid.to_ne_bytes()),
    };
    let data = Message::default().with_nested(VETH_PEER, peer);
    let info = Message::default().with_text(INFO_KIND, "veth").with_nested(INFO_DATA, data);
    Message::new(NEW_LINK, ACK | CREATE | EXCLUSIVE, &head(index, 0, 0))
        .with_text(NAME, name)
        .with_nested(LINK_INFO, info)
}

/// Raises a link.
pub(crate) fn up(index: u32) -> Message {
    Message::new(NEW_LINK, ACK, &head(index, UP, UP))
}

/// Removes a link by its name.
pub(crate) fn remove(name: &str) -> Message {
    Message::new(DELETE_LINK, ACK, &head(0, 0, 0)).with_text(NAME, name)
}

/// Gives a link an address.
pub(crate) fn address(index: u32, address: Ipv4Addr, prefix: u8) -> Message {
    let [a, b, c, d] = index.to_ne_bytes();
    let octets = address.octets();
    Message::new(NEW_ADDRESS, ACK | CREATE | EXCLUSIVE, &[IPV4, prefix, 0, SCOPE_UNIVERSE, a, b, c, d])
        .with(LOCAL, octets)
        .with(ADDRESS, octets)
}

/// Sends everything by a gateway, which need not be in a network of the link's own.
pub(crate) fn default_route(index: u32, gateway: Ipv4Addr) -> Message {
    route(0, SCOPE_UNIVERSE, ON_LINK).with(GATEWAY, gateway.octets()).with(OUTPUT, index.to_ne_bytes())
}

/// Sends what is for one address by a link.
pub(crate) fn host_route(index: u32, address: Ipv4Addr) -> Message {
    route(32, SCOPE_LINK, 0).with(DESTINATION, address.octets()).with(OUTPUT, index.to_ne_bytes())
}

fn route(prefix: u8, scope: u8, flags: u32) -> Message {
    let [a, b, c, d] = flags.to_ne_bytes();
    let head = [IPV4, prefix, 0, 0, TABLE_MAIN, PROTOCOL_STATIC, scope, UNICAST, a, b, c, d];
    Message::new(NEW_ROUTE, ACK | CREATE | EXCLUSIVE, &head)
}

/// `struct ifinfomsg`.
fn head(index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut head = [0; 16];
    head[4..8].copy_from_slice(&index.to_ne_bytes());
    head[8..12].copy_from_slice(&flags.to_ne_bytes());
    head[12..16].copy_from_slice(&change.to_ne_bytes());
    head
}
