//! Tags of log groups, by their ARN.

use crate::{
    catalog::no_group,
    logs::Logs,
    records::{GroupRecord, Place},
};
use std::collections::BTreeMap;
use tinderbox_base::{Caller, Error, Result};

/// Tags of one resource (`TagResource` reference).
const MAX_TAGS: usize = 50;

/// Checks what the model does not.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<()> {
    if tags.len() > MAX_TAGS {
        return Err(Error::invalid("A resource may have at most 50 tags.").with_code("TooManyTagsException"));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(Error::invalid("Tag keys that begin with 'aws:' are reserved."));
    }
    Ok(())
}

impl Logs {
    /// The tags of the group that `arn` names.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for what is no log group's ARN.
    pub async fn tags(&self, caller: &Caller, arn: &str) -> Result<BTreeMap<String, String>> {
        let place = Place::from(caller);
        let name = group_named(&place, arn)?;
        Ok(self.inner.catalog.group(&place, &name).await?.record.tags)
    }

    /// Adds tags, or changes their values.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`.
    pub async fn tag(&self, caller: &Caller, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let place = Place::from(caller);
        let name = group_named(&place, arn)?;
        let change = |group: &mut GroupRecord| {
            group.tags.extend(tags.clone());
            check(&group.tags)
        };
        self.inner.catalog.change_group(&place, &name, change).await
    }

    /// Removes tags; those that are not there are no error.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`.
    pub async fn untag(&self, caller: &Caller, arn: &str, keys: &[String]) -> Result<()> {
        let place = Place::from(caller);
        let name = group_named(&place, arn)?;
        let change = |group: &mut GroupRecord| {
            group.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        };
        self.inner.catalog.change_group(&place, &name, change).await
    }
}

/// The name of the group that an ARN names, with or without `:*` at its end.
fn group_named(place: &Place, arn: &str) -> Result<String> {
    let resource = arn.splitn(6, ':').nth(5).and_then(|r| r.strip_prefix("log-group:"));
    let Some(name) = resource.filter(|_| arn.starts_with("arn:aws:logs:")) else {
        return Err(Error::invalid(format!("Invalid resource ARN: {arn}")));
    };
    let name = name.strip_suffix(":*").unwrap_or(name);
    if arn.starts_with(&place.arn("")) { Ok(name.into()) } else { Err(no_group()) }
}
