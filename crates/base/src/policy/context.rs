//! What is known of a request besides its action and resource: the condition keys.

use crate::{Region, Timestamp};
use std::{collections::BTreeMap, net::IpAddr};

/// Condition keys and their values. Keys have no case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

/// What is known of any request ("AWS global condition context keys", properties of the request).
#[derive(Clone, Copy, Debug)]
pub struct RequestKeys<'a> {
    /// When it came.
    pub now: Timestamp,
    /// The region called.
    pub region: &'a Region,
    /// Whether it came encrypted.
    pub secure: bool,
    /// Where it came from, where that is known.
    pub source_ip: Option<IpAddr>,
    /// Its `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// Its `Referer`.
    pub referer: Option<&'a str>,
}

impl From<RequestKeys<'_>> for Context {
    fn from(keys: RequestKeys<'_>) -> Self {
        let mut context = Self::new()
            .with("aws:CurrentTime", keys.now.to_rfc3339_millis())
            .with("aws:EpochTime", keys.now.as_millis().div_euclid(1000).to_string())
            .with("aws:RequestedRegion", keys.region.as_str())
            .with("aws:SecureTransport", keys.secure.to_string());
        if let Some(ip) = keys.source_ip {
            context.set("aws:SourceIp", ip.to_canonical().to_string());
        }
        for (key, value) in [("aws:UserAgent", keys.user_agent), ("aws:Referer", keys.referer)] {
            if let Some(value) = value {
                context.set(key, value);
            }
        }
        context
    }
}

impl Context {
    /// A context without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// The context with one value of `key`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.set(key, value);
        self
    }

    /// Gives `key` one value, in place of those it had.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_all(key, vec![value.into()]);
    }

    /// Gives `key` several values, or with none the empty set, which is not the same as no key.
    pub fn set_all(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_ascii_lowercase(), values);
    }

    /// The values of `key`; none if the request does not have it.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }

    /// The one value of `key`, for a variable: a key of several values has none.
    pub(super) fn one(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            [value] => Some(value),
            _ => None,
        }
    }
}

impl Extend<(String, Vec<String>)> for Context {
    fn extend<T: IntoIterator<Item = (String, Vec<String>)>>(&mut self, keys: T) {
        for (key, values) in keys {
            self.set_all(&key, values);
        }
    }
}

impl IntoIterator for Context {
    type Item = (String, Vec<String>);
    type IntoIter = std::collections::btree_map::IntoIter<String, Vec<String>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
