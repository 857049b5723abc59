//! What is known of a request besides its action and resource: the condition keys.

use std::collections::BTreeMap;

/// Condition keys and their values. Keys have no case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

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
