//! The condition keys that tell of the request ("AWS global condition context keys", properties of the request).

use http::header::{REFERER, USER_AGENT};
use tinderbox_base::{Timestamp, policy::Context};
use tinderbox_wire::{Call, Origin};

pub(super) fn of(call: &Call<'_>, now: Timestamp) -> Context {
    let secure = match call.origin {
        Origin::Public { tls } | Origin::Instance { tls, .. } => *tls,
        Origin::Loopback => false,
        Origin::LoopbackTls => true,
    };
    let mut context = Context::new()
        .with("aws:CurrentTime", now.to_rfc3339_millis())
        .with("aws:EpochTime", now.as_millis().div_euclid(1000).to_string())
        .with("aws:RequestedRegion", call.caller.region.as_str())
        .with("aws:SecureTransport", secure.to_string());
    if let Some(peer) = call.peer {
        context.set("aws:SourceIp", peer.to_canonical().to_string());
    }
    for (key, name) in [("aws:UserAgent", USER_AGENT), ("aws:Referer", REFERER)] {
        if let Some(value) = call.headers.get(name).and_then(|value| value.to_str().ok()) {
            context.set(key, value);
        }
    }
    if let Some(id) = call.text("ExternalId") {
        context.set("sts:ExternalId", id);
    }
    if let Some(name) = call.text("RoleSessionName") {
        context.set("sts:RoleSessionName", name);
    }
    context
}
