//! The condition keys that tell of the request ("AWS global condition context keys", properties of the request).

use http::header::{REFERER, USER_AGENT};
use tinderbox_base::{Timestamp, policy::Context};
use tinderbox_wire::{Call, Origin, Value};

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
    for (key, member) in [
        ("sts:ExternalId", "ExternalId"),
        ("sts:RoleSessionName", "RoleSessionName"),
        ("iam:PolicyARN", "PolicyArn"),
        ("iam:PermissionsBoundary", "PermissionsBoundary"),
    ] {
        if let Some(value) = call.text(member) {
            context.set(key, value);
        }
    }
    let tags = tags(call);
    context.set_all("aws:TagKeys", tags.iter().map(|(key, _)| (*key).to_owned()).collect());
    for (key, value) in tags {
        context.set(&format!("aws:RequestTag/{key}"), value);
    }
    context
}

/// The tags that a request gives: a map, or a list of keys and values.
fn tags<'a>(call: &Call<'a>) -> Vec<(&'a str, &'a str)> {
    let pair = |key: &'a Value, value: &'a Value| Some((key.as_str()?, value.as_str()?));
    match call.member("Tags").or_else(|| call.member("tags")) {
        Some(Value::Map(tags)) => {
            tags.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
        }
        Some(Value::List(tags)) => {
            // A tag's key comes first in every model.
            tags.iter().filter_map(|tag| pair(tag.member(0), tag.member(1))).collect()
        }
        _ => Vec::new(),
    }
}
