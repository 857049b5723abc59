//! Tables of rules for packets, as nf_tables takes them (linux/netfilter/nf_tables.h). All for IPv4: there is no other way out.

use super::netlink::{ACK, APPEND, CREATE, Message};
use std::net::Ipv4Addr;

const SUBSYSTEM: u16 = 10 << 8;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;
const NEW_TABLE: u16 = SUBSYSTEM;
const DELETE_TABLE: u16 = SUBSYSTEM | 2;
const NEW_CHAIN: u16 = SUBSYSTEM | 3;
const NEW_RULE: u16 = SUBSYSTEM | 6;

const IPV4: u8 = 2;

/// Attributes of tables, chains and rules.
const TABLE_NAME: u16 = 1;
const CHAIN_TABLE: u16 = 1;
const CHAIN_NAME: u16 = 3;
const CHAIN_HOOK: u16 = 4;
const CHAIN_POLICY: u16 = 5;
const CHAIN_TYPE: u16 = 7;
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;

/// The register that every expression of ours works on, and the one that holds a verdict.
const REGISTER: u32 = 1;
const VERDICT_REGISTER: u32 = 0;

/// Where packets meet a chain: on their way to this machine, through it, or out of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hook {
    Input = 1,
    Forward = 2,
    Postrouting = 4,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Drop = 0,
    Accept = 1,
}

/// One thing a rule asks of a packet, or does with it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expression<'a> {
    /// It came in by this link.
    From(&'a str),
    /// It goes out by this link.
    To(&'a str),
    /// It goes out by another link.
    NotTo(&'a str),
    /// Its source is this address.
    Source(Ipv4Addr),
    /// Its destination is in this network.
    Destination(Ipv4Addr, u8),
    /// It belongs to a connection that was let through before.
    Established,
    /// It leaves under the address of the link it leaves by.
    Masquerade,
    /// It ends here.
    Verdict(Verdict),
}

/// A table under construction: everything in it is made in one step or not at all.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    name: &'a str,
    messages: Vec<Message>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        let table = Message::new(NEW_TABLE, ACK | CREATE, &head(0)).with_text(TABLE_NAME, name);
        Self { name, messages: vec![batch(BATCH_BEGIN), table] }
    }

    /// Adds a chain that filters, with what becomes of packets no rule decides on.
    pub(crate) fn filter(self, chain: &str, hook: Hook, otherwise: Verdict) -> Self {
        self.chain(chain, "filter", hook, 0, otherwise)
    }

    /// Adds a chain that translates sources.
    pub(crate) fn translation(self, chain: &str) -> Self {
        // The priority of source translation (linux/netfilter_ipv4.h).
        self.chain(chain, "nat", Hook::Postrouting, 100, Verdict::Accept)
    }

    fn chain(mut self, chain: &str, kind: &str, hook: Hook, priority: i32, otherwise: Verdict) -> Self {
        let hook = Message::default().with(1, (hook as u32).to_be_bytes()).with(2, priority.to_be_bytes());
        let message = Message::new(NEW_CHAIN, ACK | CREATE, &head(0))
            .with_text(CHAIN_TABLE, self.name)
            .with_text(CHAIN_NAME, chain)
            .with_nested(CHAIN_HOOK, hook)
            .with(CHAIN_POLICY, (otherwise as u32).to_be_bytes())
            .with_text(CHAIN_TYPE, kind);
        self.messages.push(message);
        self
    }

    /// Adds a rule at the end of a chain.
    pub(crate) fn rule(mut self, chain: &str, expressions: &[Expression<'_>]) -> Self {
        let all = expressions.iter().flat_map(|expression| expression.messages());
        let list = all.fold(Message::default(), |list, expression| list.with_nested(1, expression));
        let message = Message::new(NEW_RULE, ACK | CREATE | APPEND, &head(0))
            .with_text(RULE_TABLE, self.name)
            .with_text(RULE_CHAIN, chain)
            .with_nested(RULE_EXPRESSIONS, list);
        self.messages.push(message);
        self
    }

    /// What is to be asked of the kernel.
    pub(crate) fn messages(mut self) -> Vec<Message> {
        self.messages.push(batch(BATCH_END));
        self.messages
    }
}

/// Removes a table and all that is in it.
pub(crate) fn remove(table: &str) -> Vec<Message> {
    let message = Message::new(DELETE_TABLE, ACK, &head(0)).with_text(TABLE_NAME, table);
    vec![batch(BATCH_BEGIN), message, batch(BATCH_END)]
}

impl Expression<'_> {
    fn messages(self) -> Vec<Message> {
        const EQUAL: u32 = 0;
        const NOT_EQUAL: u32 = 1;
        const IN_NAME: u32 = 6;
        const OUT_NAME: u32 = 7;
        const SOURCE: u32 = 12;
        const DESTINATION: u32 = 16;
        /// `established` and `related`, as the register holds them.
        const STATES: u32 = 2 | 4;
        match self {
            Self::From(link) => vec![meta(IN_NAME), compare(EQUAL, &link_name(link))],
            Self::To(link) => vec![meta(OUT_NAME), compare(EQUAL, &link_name(link))],
            Self::NotTo(link) => vec![meta(OUT_NAME), compare(NOT_EQUAL, &link_name(link))],
            Self::Source(address) => vec![header(SOURCE), compare(EQUAL, &address.octets())],
            Self::Destination(network, prefix) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0).to_be_bytes();
                vec![header(DESTINATION), bits(mask), compare(EQUAL, &network.octets())]
            }
            Self::Established => {
                let state = Message::default().with(1, REGISTER.to_be_bytes()).with(2, 0_u32.to_be_bytes());
                vec![expression("ct", state), bits(STATES.to_ne_bytes()), compare(NOT_EQUAL, &[0; 4])]
            }
            Self::Masquerade => vec![expression("masq", Message::default())],
            Self::Verdict(verdict) => {
                let code = Message::default().with(1, (verdict as u32).to_be_bytes());
                let data = Message::default().with_nested(2, code);
                let inner = Message::default().with(1, VERDICT_REGISTER.to_be_bytes()).with_nested(2, data);
                vec![expression("immediate", inner)]
            }
        }
    }
}

fn expression(name: &str, data: Message) -> Message {
    Message::default().with_text(1, name).with_nested(2, data)
}

/// Loads something about the packet.
fn meta(key: u32) -> Message {
    expression("meta", Message::default().with(1, REGISTER.to_be_bytes()).with(2, key.to_be_bytes()))
}

/// Loads four bytes of the network header.
fn header(offset: u32) -> Message {
    const NETWORK_HEADER: u32 = 1;
    let data = Message::default()
        .with(1, REGISTER.to_be_bytes())
        .with(2, NETWORK_HEADER.to_be_bytes())
        .with(3, offset.to_be_bytes())
        .with(4, 4_u32.to_be_bytes());
    expression("payload", data)
}

/// Keeps of what was loaded the bits of `mask`.
fn bits(mask: [u8; 4]) -> Message {
    let value = |bytes: [u8; 4]| Message::default().with(1, bytes);
    let data = Message::default()
        .with(1, REGISTER.to_be_bytes())
        .with(2, REGISTER.to_be_bytes())
        .with(3, 4_u32.to_be_bytes())
        .with_nested(4, value(mask))
        .with_nested(5, value([0; 4]));
    expression("bitwise", data)
}

fn compare(operation: u32, value: &[u8]) -> Message {
    let data = Message::default()
        .with(1, REGISTER.to_be_bytes())
        .with(2, operation.to_be_bytes())
        .with_nested(3, Message::default().with(1, value));
    expression("cmp", data)
}

/// A link's name as the kernel compares it: all 16 bytes.
fn link_name(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(name.bytes().take(15)).for_each(|(to, from)| *to = from);
    bytes
}

fn batch(kind: u16) -> Message {
    Message::new(kind, 0, &head(SUBSYSTEM >> 8))
}

/// `struct nfgenmsg`.
fn head(resource: u16) -> [u8; 4] {
    let [high, low] = resource.to_be_bytes();
    [if resource == 0 { IPV4 } else { 0 }, 0, high, low]
}
