//! The record of a function.

use super::{Configuration, Tags};
use crate::names::{FunctionName, function_arn};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::fmt;
use tinderbox_base::{AccountId, Arn, Region, RequestId, Timestamp};

/// The code of a function: a zip in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of the zip, as 64 hexadecimal digits: the blob's name.
    pub sha256: String,
    /// Bytes of the zip.
    pub size: u64,
}

impl Code {
    /// The hash as the API shows it.
    pub fn sha256_base64(&self) -> String {
        let digits = self.sha256.as_bytes().chunks_exact(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap_or("0"), 16).unwrap_or(0);
        BASE64_STANDARD.encode(digits.map(byte).collect::<Vec<u8>>())
    }
}

/// Names one state of a function's code and configuration, never to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Generation(pub RequestId);

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A function as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The account it belongs to.
    pub account: AccountId,
    /// The region it lives in.
    pub region: Region,
    /// Its name.
    pub name: FunctionName,
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
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let code = Code { sha256: hex.into(), size: 0 };
        assert_eq!(code.sha256_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
