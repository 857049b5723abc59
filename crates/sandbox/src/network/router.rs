//! The router: a network namespace that exists as long as a descriptor of it does.
#![allow(unsafe_code)] // unshare and setns have no safe face for a network namespace.

use super::{
    filter::{Expression, Hook, Table, Verdict},
    host,
    links::{self, Where},
    netlink::Netlink,
};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    net::Ipv4Addr,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    path::Path,
};

/// The router's link to the host.
const HOST_LINK: &str = "host";
/// The links' numbers in the router and in an instance, chosen so that nobody has to ask.
const HOST_INDEX: u32 = 2;
const LOOPBACK_INDEX: u32 = 1;
const FIRST_INSTANCE_INDEX: u32 = 1000;
const INSTANCE_INDEX: u32 = 2;

/// 198.18.0.0/15 is for tests of network devices (RFC 2544), so hardly any network uses it. The lower half holds a block of
/// four addresses for each server of a host, the upper half an address for each instance.
const SERVERS: u32 = u32::from_be_bytes([198, 18, 0, 0]);
const INSTANCES: u32 = u32::from_be_bytes([198, 19, 0, 0]);
/// The last block is the gateway's, which every instance knows and which no packet carries.
const BLOCKS: u32 = (1 << 14) - 1;
const GATEWAY: Ipv4Addr = Ipv4Addr::new(198, 18, 255, 254);

/// What is nobody's business outside: addresses of this machine, of private and local networks, of clouds' own services, and
/// those that are no single machine's (IANA IPv4 special-purpose address registry).
const BLOCKED: [(Ipv4Addr, u8); 14] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The router of one server. Dropping it takes the links of all instances down.
#[derive(Debug)]
pub(crate) struct Router {
    namespace: OwnedFd,
    /// What the host masquerades, and the link it comes by.
    address: Ipv4Addr,
    link: String,
    /// The host did not pass packets on before.
    forwarding_changed: bool,
}

/// What an instance's init is told of its way out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Uplink {
    /// Which of the server's instances it is: below 65,536 and nobody else's at the same time.
    slot: u16,
}

/// The router's namespace and sockets that were opened in it.
struct Inside {
    namespace: OwnedFd,
    route: Netlink,
    netfilter: Netlink,
}

impl Router {
    /// Makes the router and connects it to the host's network. Blocks.
    pub(crate) fn start(state_dir: &Path, tag: &str) -> io::Result<Self> {
        let Inside { namespace, route, netfilter } = on_a_thread_of_its_own(make)?;
        let block = Block::of(tag);
        let name = link_name(tag);
        let host = Netlink::route()?;
        // Of a server that died a moment ago: the kernel takes namespaces down in its own time.
        let _ = host.ask(&[links::remove(&name)]);
        let place = Where::Namespace(namespace.as_raw_fd());
        host.ask(&[links::pair(&name, 0, HOST_LINK, HOST_INDEX, place)])?;
        let index = rustix::net::netdevice::name_to_index(socket()?, &name)?;
        host.ask(&[links::address(index, block.host, 30), links::up(index)])?;
        route.ask(&[
            links::up(LOOPBACK_INDEX),
            links::address(LOOPBACK_INDEX, GATEWAY, 32),
            links::address(HOST_INDEX, block.router, 30),
            links::up(HOST_INDEX),
            links::default_route(HOST_INDEX, block.host),
        ])?;
        netfilter.ask(&rules().messages())?;
        let forwarding_changed = host::change(state_dir, tag, &name, block.router)?;
        Ok(Self { namespace, address: block.router, link: name, forwarding_changed })
    }

    /// What was changed on the host, for people.
    pub(crate) fn describe(&self) -> String {
        let forwarding = if self.forwarding_changed { "net.ipv4.ip_forward set to 1, " } else { "" };
        format!("by {forwarding}a masquerade rule for {} and a link {}", self.address, self.link)
    }

    /// What `uid`'s init is told, and the router's namespace for it.
    pub(crate) fn uplink(&self, uid: u32) -> io::Result<(Uplink, OwnedFd)> {
        // A server's user ids are 65,536 in a row, so their low halves are its own.
        Ok((Uplink { slot: (uid & 0xffff) as u16 }, self.namespace.try_clone()?))
    }
}

fn rules() -> Table<'static> {
    use Expression::{Destination, Established, From, Masquerade, To};
    let [accept, drop] = [Verdict::Accept, Verdict::Drop].map(Expression::Verdict);
    let table = Table::new("tinderbox")
        .filter("in", Hook::Input, Verdict::Drop)
        .filter("through", Hook::Forward, Verdict::Drop)
        .rule("through", &[From(HOST_LINK), Established, accept]);
    let table = BLOCKED.iter().fold(table, |table, (network, prefix)| {
        table.rule("through", &[Destination(*network, *prefix), drop])
    });
    // What comes in by the host's link and began nothing here ends at the chain's own verdict: it never leaves by it.
    table
        .rule("through", &[To(HOST_LINK), accept])
        .translation("out")
        .rule("out", &[To(HOST_LINK), Masquerade])
}

/// A server's four addresses.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    host: Ipv4Addr,
    router: Ipv4Addr,
}

impl Block {
    fn of(tag: &str) -> Self {
        let first = SERVERS + hash(tag) % BLOCKS * 4;
        Self { host: Ipv4Addr::from(first + 1), router: Ipv4Addr::from(first + 2) }
    }
}

/// FNV-1a.
fn hash(tag: &str) -> u32 {
    tag.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The host's end; a name has 15 bytes at most.
fn link_name(tag: &str) -> String {
    format!("tbx{:08x}", hash(tag))
}

fn socket() -> io::Result<OwnedFd> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
    Ok(socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?)
}

/// Makes an empty namespace that passes packets on; the calling thread stays in it.
fn make() -> io::Result<Inside> {
    // SAFETY: only unsharing descriptor or memory tables between threads would be unsound; this is neither.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
    // These files are those of whoever opens them. Links that come later take over what is said here.
    fs::write("/proc/sys/net/ipv4/ip_forward", "1")?;
    for which in ["all", "default"] {
        // A source that does not lead back to where it came from is forged.
        fs::write(format!("/proc/sys/net/ipv4/conf/{which}/rp_filter"), "1")?;
        // A kernel without IPv6 has none to turn off.
        match fs::write(format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6"), "1") {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let namespace = fs::File::open("/proc/thread-self/ns/net")?.into();
    Ok(Inside { namespace, route: Netlink::route()?, netfilter: Netlink::netfilter()? })
}

/// Threads of the server's pool are used again, so none of them may change its namespace.
fn on_a_thread_of_its_own<T: Send + 'static>(work: fn() -> io::Result<T>) -> io::Result<T> {
    let thread = std::thread::Builder::new().name("tb-router".to_owned()).spawn(work)?;
    thread.join().map_err(|_| io::Error::other("the thread ended early"))?
}

/// Opens the way to the router's configuration and leaves the caller in the router's namespace, from which it must go on to
/// one of its own. For an init.
pub(crate) fn open_uplink(router: BorrowedFd<'_>) -> io::Result<Netlink> {
    move_into_link_name_space(router, Some(LinkNameSpaceType::Network))?;
    Netlink::route()
}

/// Connects the calling process's network namespace to the router. For an init, whose number in its own namespace is 1.
pub(crate) fn join(uplink: Uplink, router: &Netlink) -> io::Result<()> {
    let index = FIRST_INSTANCE_INDEX + u32::from(uplink.slot);
    let address = Ipv4Addr::from(INSTANCES + u32::from(uplink.slot));
    let own = Netlink::route()?;
    router.ask(&[links::pair(
        &format!("i{}", uplink.slot),
        index,
        "eth0",
        INSTANCE_INDEX,
        Where::Process(1),
    )])?;
    own.ask(&[links::address(INSTANCE_INDEX, address, 32), links::up(INSTANCE_INDEX)])?;
    router.ask(&[links::up(index), links::host_route(index, address)])?;
    own.ask(&[links::default_route(INSTANCE_INDEX, GATEWAY)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_its_own_addresses_and_none_is_the_gateway() {
        for tag in ["", "a", "b", "6ba7b810", "zzzzzzzzzzzzzzzz"] {
            let Block { host, router } = Block::of(tag);
            assert_eq!(u32::from(router), u32::from(host) + 1);
            assert!((SERVERS..u32::from(GATEWAY) & !3).contains(&(u32::from(host) - 1)), "{host}");
            assert!(link_name(tag).len() <= 15);
        }
        assert_ne!(Block::of("a"), Block::of("b"));
    }

    #[test]
    fn networks_that_are_blocked_are_written_as_networks() {
        for (network, prefix) in BLOCKED {
            let mask = u32::MAX << (32 - u32::from(prefix));
            assert_eq!(u32::from(network) & !mask, 0, "{network}/{prefix}");
        }
    }
}
