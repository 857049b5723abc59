//! Amazon Resource Names.

use crate::{AccountId, Region};
use std::{fmt, str::FromStr};

/// A parsed ARN: `arn:partition:service:region:account:resource`.
///
/// Region and account may be empty, as IAM's and S3's are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arn {
    /// `aws` unless the text said otherwise.
    pub partition: String,
    /// The service's name in ARNs, such as `lambda`.
    pub service: String,
    /// The region, where the service has regions.
    pub region: Option<Region>,
    /// The account, where the resource belongs to one.
    pub account: Option<AccountId>,
    /// Everything after the fifth colon.
    pub resource: String,
}

/// A text that is not an ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an ARN")]
pub struct ParseArnError;

impl Arn {
    /// An ARN in the `aws` partition.
    pub fn new(service: &str, region: &Region, account: &AccountId, resource: impl Into<String>) -> Self {
        Self {
            partition: "aws".into(),
            service: service.into(),
            region: Some(region.clone()),
            account: Some(account.clone()),
            resource: resource.into(),
        }
    }
}

impl FromStr for Arn {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Self, ParseArnError> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(ParseArnError);
        if next()? != "arn" {
            return Err(ParseArnError);
        }
        let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);
        if partition.is_empty() || service.is_empty() || resource.is_empty() {
            return Err(ParseArnError);
        }
        Ok(Self {
            partition: partition.into(),
            service: service.into(),
            region: optional(region)?,
            account: optional(account)?,
            resource: resource.into(),
        })
    }
}

fn optional<T: FromStr>(text: &str) -> Result<Option<T>, ParseArnError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| ParseArnError) }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_ref().map_or("", Region::as_str);
        let account = self.account.as_ref().map_or("", AccountId::as_str);
        write!(f, "arn:{}:{}:{region}:{account}:{}", self.partition, self.service, self.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arns() {
        fn check(text: &str, ok: bool) {
            match text.parse::<Arn>() {
                Ok(arn) => assert!(ok && arn.to_string() == text, "{text}"),
                Err(_) => assert!(!ok, "{text}"),
            }
        }
        check("arn:aws:lambda:us-east-1:123456789012:function:hello", true);
        check("arn:aws:iam::123456789012:role/service/x", true);
        check("arn:aws:s3:::bucket/key:with:colons", true);
        check("arn:aws:lambda:us-east-1:12:function:hello", false);
        check("arn:aws:lambda", false);
        check("hello", false);
        check("", false);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_round_trips(text in "\\PC{0,80}") {
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.to_string(), text);
            }
        }
    }
}
