//! The record of a function.

use super::{Configuration, Tags, VersionName};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// Tells this state of code and configuration from every other.
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
    /// The API's RevisionId, where it changed without code or configuration: by publishing and by permissions.
    #[serde(default)]
    pub revision: Option<Generation>,
    /// The number of the version that was published last, of this function or one that had its name before; no number is
    /// given twice (Lambda guide, "Introduction to AWS Lambda Versioning").
    #[serde(default)]
    pub last_number: u64,
    /// How it was published; none for the version that is being edited.
    #[serde(default)]
    pub publication: Option<Publication>,
}

/// What a published version has beyond what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its number, from 1.
    pub number: u64,
    /// The description that the edited version had then; the version may have got one of its own.
    pub description: String,
}

impl Function {
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    pub fn arn(&self) -> Arn {
        function_arn(&self.region, &self.account, &self.name)
    }

    /// The ARN with the version.
    pub fn qualified_arn(&self) -> Arn {
        let mut arn = self.arn();
        arn.resource = format!("{}:{}", arn.resource, self.version());
        arn
    }

    /// Which version it is.
    pub fn version(&self) -> VersionName {
        self.publication.as_ref().map_or(VersionName::Latest, |p| VersionName::Number(p.number))
    }

    /// The RevisionId a caller may demand.
    pub fn revision_id(&self) -> String {
        self.revision.unwrap_or(self.generation).to_string()
    }

    /// Whether the published version `other` is what would be published of this one now.
    pub fn is_published_as(&self, other: &Self) -> bool {
        let Some(publication) = &other.publication else { return false };
        let (mine, theirs) = (&self.configuration, &other.configuration);
        self.code == other.code
            && mine.description == publication.description
            && *mine == Configuration { description: mine.description.clone(), ..theirs.clone() }
    }

    /// The group its log streams lie in.
    pub fn log_group(&self) -> String {
        match &self.configuration.logging.group {
            Some(group) => group.clone(),
            None => format!("/aws/lambda/{}", self.name),
        }
    }

    /// The name that its streams bear in a group that others may use, too; nothing in its own (Lambda guide,
    /// "Configuring CloudWatch log groups").
    pub fn stream_owner(&self) -> &str {
        if self.configuration.logging.group.is_some() { self.name.as_str() } else { "" }
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
