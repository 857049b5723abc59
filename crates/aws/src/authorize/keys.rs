//! The condition keys that tell of the request ("AWS global condition context keys", properties of the request).

use http::header::{HeaderName, REFERER, USER_AGENT};
use tinderbox_base::{
    Timestamp,
    policy::{Context, RequestKeys},
};
use tinderbox_wire::{Call, Value};

pub(super) fn of(call: &Call<'_>, now: Timestamp) -> Context {
    let header = |name: HeaderName| call.headers.get(name).and_then(|value| value.to_str().ok());
    let mut context = Context::from(RequestKeys {
        now,
        region: &call.caller.region,
        secure: call.origin.is_encrypted(),
        source_ip: call.peer,
        user_agent: header(USER_AGENT),
        referer: header(REFERER),
    });
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
