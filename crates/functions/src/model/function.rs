//! The record of a function.

use super::{Configuration, Tags};
use crate::names::{FunctionName, function_arn};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::fmt;
use tinderbox_base::{AccountId, Arn, Random, Region, RequestId, Timestamp};
use tinderbox_blobs::Digest;

/// The code of a function: a zip in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of the zip: the blob's name.
    #[serde(with = "digest_text")]
    pub sha256: Digest,
    /// Bytes of the zip.
    pub size: u64,
}

impl Code {
    /// The hash as the API shows it.
    pub fn sha256_base64(&self) -> String {
        BASE64_STANDARD.encode(self.sha256.as_bytes())
    }
}

mod digest_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tinderbox_blobs::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Names one state of a function's code and configuration, never to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Generation(RequestId);

impl Generation {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        Self(RequestId::new(random))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a function, never to come again, not even with its name.
pub type Uid = Generation;

/// A function as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The account it belongs to.
    pub account: AccountId,
    /// The region it lives in.
    pub region: Region,
    /// Its name.
    pub name: FunctionName,
    /// Tells it from one of the same name that was deleted before.
    pub uid: Uid,
    /// Tells this state of code and configuration from every other; the API's RevisionId.
    pub generation: Generation,
    /// When it was created.
    pub created: Timestamp,
    /// When code or configuration last changed.
    pub last_modified: Timestamp,
    /// What it runs.
    pub code: Code,
    /// How it runs.
    pub configuration: Configuration,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
    /// Concurrency reserved for it alone; zero stops it.
    #[serde(default)]
    pub reserved_concurrency: Option<u32>,
}

impl Function {
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    pub fn arn(&self) -> Arn {
        function_arn(&self.region, &self.account, &self.name)
    }

    /// The RevisionId a caller may demand.
    pub fn revision_id(&self) -> String {
        self.generation.to_string()
    }

    /// The group its log streams lie in.
    pub fn log_group(&self) -> String {
        match &self.configuration.logging.group {
            Some(group) => group.clone(),
            None => format!("/aws/lambda/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_the_api_shows_them() {
        let code = Code { sha256: Digest::of(b""), size: 0 };
        assert_eq!(code.sha256_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        let stored = serde_json::to_string(&code).expect("JSON");
        assert_eq!(serde_json::from_str::<Code>(&stored).expect("read back"), code);
    }
}
