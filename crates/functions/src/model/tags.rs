//! Tags of a function.

use crate::errors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tinderbox_base::Result;

/// Most tags of a resource (AWS tagging reference).
pub const MAX_TAGS: usize = 50;
/// Longest key, in characters.
const MAX_KEY: usize = 128;
/// Longest value, in characters.
const MAX_VALUE: usize = 256;

/// The tags of one resource, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Checks what a caller sent with a new resource.
    pub fn new(tags: BTreeMap<String, String>) -> Result<Self> {
        Self::default().with(tags)
    }

    /// These tags with `more`, which replace those of the same key.
    pub fn with(&self, more: BTreeMap<String, String>) -> Result<Self> {
        for (key, value) in &more {
            if key.is_empty() || key.chars().count() > MAX_KEY || value.chars().count() > MAX_VALUE {
                return Err(errors::invalid_parameter(format!(
                    "A tag's key has 1 to {MAX_KEY} characters and its value at most {MAX_VALUE}."
                )));
            }
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(errors::invalid_parameter(
                    "aws: prefixed tag key names are not allowed for external use.",
                ));
            }
        }
        let mut tags = self.0.clone();
        tags.extend(more);
        if tags.len() > MAX_TAGS {
            return Err(errors::invalid_parameter("Number of tags exceeds resource tag limit."));
        }
        Ok(Self(tags))
    }

    /// These tags without those of `keys`; a key that is not there is no error.
    pub fn without(&self, keys: &[String]) -> Self {
        let mut tags = self.0.clone();
        tags.retain(|key, _| !keys.contains(key));
        Self(tags)
    }

    /// The tags by key.
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn tags_come_and_go() {
        let tags = Tags::new(of(&[("A", "tag-a")])).expect("one");
        let tags = tags.with(of(&[("B", "tag-b"), ("A", "new")])).expect("two");
        assert_eq!(tags.as_map(), &of(&[("A", "new"), ("B", "tag-b")]));
        assert_eq!(tags.without(&["A".into(), "Z".into()]).as_map(), &of(&[("B", "tag-b")]));
    }

    #[test]
    fn limits() {
        fn check(tags: BTreeMap<String, String>, ok: bool) {
            assert_eq!(Tags::new(tags).is_ok(), ok);
        }
        let many = |n: usize| (0..n).map(|i| (i.to_string(), String::new())).collect::<BTreeMap<_, _>>();
        check(many(50), true);
        check(many(51), false);
        check(of(&[("", "x")]), false);
        check(of(&[(&"k".repeat(128), &"v".repeat(256))]), true);
        check(of(&[(&"k".repeat(129), "")]), false);
        check(of(&[("k", &"v".repeat(257))]), false);
        check(of(&[("aws:x", "")]), false);
        let full = Tags::new(many(50)).expect("fifty");
        assert!(full.with(of(&[("0", "again")])).is_ok());
        assert_eq!(
            full.with(of(&[("x", "")])).expect_err("fifty-one").message(),
            "Number of tags exceeds resource tag limit."
        );
    }
}
