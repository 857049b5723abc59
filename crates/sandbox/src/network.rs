//! The way from instances to the world: one router that is ours.
//!
//! Every instance has a link to the *router*, a network namespace without a process. The router lets instances begin
//! connections to public addresses, to nothing private and to no other instance, and sends them on under one address. The host
//! forwards and masquerades that address, which is all that is changed on the host, and it is undone.

mod filter;
mod host;
mod links;
mod netlink;
mod outside;
mod router;

pub(crate) use host::undo;
pub(crate) use outside::Outside;
pub(crate) use router::{Router, Uplink, join, open_uplink};
