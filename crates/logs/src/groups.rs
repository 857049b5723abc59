//! Log groups: create, delete, describe, retention.

use crate::{
    logs::{Logs, blocking},
    records::{self, GroupRecord, Place},
    tags, token,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, ops::ControlFlow};
use tinderbox_base::{Caller, Error, Result, Timestamp};
use tinderbox_segments::OwnerId;

/// The days that a retention may have (`PutRetentionPolicy` reference).
pub const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// Groups of one page (`DescribeLogGroups` reference).
pub(crate) const MAX_PAGE: usize = 50;

/// What a group costs on AWS; here it is only remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupClass {
    /// `STANDARD`.
    #[default]
    Standard,
    /// `INFREQUENT_ACCESS`.
    InfrequentAccess,
    /// `DELIVERY`.
    Delivery,
}

impl GroupClass {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::InfrequentAccess => "INFREQUENT_ACCESS",
            Self::Delivery => "DELIVERY",
        }
    }

    /// The class of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Standard, Self::InfrequentAccess, Self::Delivery].into_iter().find(|c| c.as_str() == name)
    }
}

/// A group to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateGroup {
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: GroupClass,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// A key to encrypt with: refused, since nothing is encrypted.
    pub kms_key: Option<String>,
}

/// Which groups to describe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeGroups {
    /// Only those whose names begin so.
    pub prefix: Option<String>,
    /// Only those whose names contain this.
    pub pattern: Option<String>,
    /// Only those of this class.
    pub class: Option<GroupClass>,
    /// The token of the page before.
    pub token: Option<String>,
    /// Groups at most; 50 are one page.
    pub limit: Option<usize>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its ARN without `:*`.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// Days that events are kept; for ever when none.
    pub retention_days: Option<u32>,
    /// Its class.
    pub class: GroupClass,
    /// Bytes that its events take on disk, compressed; those that still wait to be written are not counted.
    pub stored_bytes: u64,
}

/// A page of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupsPage {
    /// In order of their names.
    pub groups: Vec<Group>,
    /// Where to go on.
    pub token: Option<String>,
}

impl Logs {
    /// Makes a group.
    ///
    /// # Errors
    /// `Conflict` when it exists; `Invalid`.
    pub async fn create_group(&self, caller: &Caller, create: CreateGroup) -> Result<()> {
        if create.kms_key.is_some() {
            return Err(Error::invalid("kmsKeyId is not supported: Tinderbox does not encrypt log groups."));
        }
        tags::check(&create.tags)?;
        let place = Place::from(caller);
        self.inner.catalog.create_group(&place, &create.name, create.class, create.tags).await
    }

    /// Deletes a group with all its streams and events.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_group(&self, caller: &Caller, name: &str) -> Result<()> {
        // What waits belongs to the group as it is: later it would make the group anew.
        self.inner.settle().await;
        self.inner.catalog.delete_group(&Place::from(caller), name).await?;
        self.inner.deleted.notify_one();
        Ok(())
    }

    /// A page of groups.
    ///
    /// # Errors
    /// `Invalid` for a token that is none of ours, and when prefix and pattern are both given.
    pub async fn describe_groups(&self, caller: &Caller, describe: DescribeGroups) -> Result<GroupsPage> {
        if describe.prefix.is_some() && describe.pattern.is_some() {
            return Err(Error::invalid(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            ));
        }
        let place = Place::from(caller);
        let mut range = match &describe.prefix {
            Some(prefix) => records::beginning(&place.group(prefix)),
            None => place.groups().prefix(),
        };
        if let Some(token) = &describe.token {
            range = range.after(&place.group(&token::text_of(token)?));
        }
        let limit = describe.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
        let mut found: Vec<(String, GroupRecord)> = Vec::new();
        self.inner
            .catalog
            .scan(range, |key, value| {
                let (name, record) =
                    (records::name_of(key).unwrap_or_default(), records::decode::<GroupRecord>(value)?);
                let wanted = describe.pattern.as_ref().is_none_or(|p| name.contains(p.as_str()))
                    && describe.class.is_none_or(|class| class == record.class);
                if wanted {
                    found.push((name, record));
                }
                Ok(if found.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })
            .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let token = found.last().filter(|_| more).map(|(name, _)| token::of_text(name));
        let segments = self.inner.segments.clone();
        let groups = blocking(move || {
            found
                .into_iter()
                .map(|(name, record)| {
                    let stored_bytes = segments.usage(OwnerId(record.owner))?;
                    Ok(Group {
                        arn: place.arn(&name),
                        name,
                        created: record.created,
                        retention_days: record.retention_days,
                        class: record.class,
                        stored_bytes,
                    })
                })
                .collect()
        })
        .await?;
        Ok(GroupsPage { groups, token })
    }

    /// Sets how many days a group's events are kept; none: for ever. Older events are not shown from then on.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a number of days that AWS does not have.
    pub async fn set_retention(&self, caller: &Caller, name: &str, days: Option<u32>) -> Result<()> {
        if let Some(days) = days.filter(|days| !RETENTION_DAYS.contains(days)) {
            return Err(Error::invalid(format!(
                "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: \
                 Member must satisfy enum value set: {RETENTION_DAYS:?}"
            )));
        }
        let place = Place::from(caller);
        let change = |group: &mut GroupRecord| {
            group.retention_days = days;
            Ok(())
        };
        self.inner.catalog.change_group(&place, name, change).await
    }
}
