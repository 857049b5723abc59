//! Tags of what can be tagged, and the ARNs by which it is named.

use crate::errors;
use std::collections::BTreeMap;
use tinderbox_base::{Arn, Result};

/// Tags of one resource (quotas: 50), and the longest key and value.
const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Refuses tags that cannot be.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<()> {
    if tags.len() > MAX_TAGS {
        return Err(errors::too_many("tags", MAX_TAGS));
    }
    let wrong = |(key, value): &(&String, &String)| {
        key.is_empty()
            || key.chars().count() > MAX_KEY
            || key.starts_with("aws:")
            || value.chars().count() > MAX_VALUE
    };
    match tags.iter().find(wrong) {
        Some((key, _)) => Err(errors::bad(format!("Invalid tag specified: {key}"))),
        None => Ok(()),
    }
}

/// The parts of the path that an ARN names: those of `arn:aws:apigateway:REGION::/restapis/ID` are `restapis` and the id.
pub(crate) fn path(arn: &str) -> Result<Vec<String>> {
    let parsed: Arn = arn.parse().map_err(|_| errors::wrong_arn())?;
    if parsed.service != "apigateway" {
        return Err(errors::wrong_arn());
    }
    Ok(parsed.resource.trim_start_matches('/').split('/').map(str::to_owned).collect())
}
