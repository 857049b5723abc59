//! What the store holds of roles, and under which keys.

use crate::roles::Role;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use tinderbox_base::{AccountId, Arn, Error, Region, Result, Timestamp};
use tinderbox_store::{Key, KeyBuilder};

/// A role as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoleRecord {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) trust_policy: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Seconds.
    pub(crate) max_session: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

impl RoleRecord {
    pub(crate) fn into_role(self, account: &AccountId) -> Role {
        let arn = Arn {
            partition: "aws".into(),
            service: "iam".into(),
            region: None,
            account: Some(account.clone()),
            resource: format!("role{}{}", self.path, self.name),
        };
        Role {
            name: self.name,
            path: self.path,
            id: self.id,
            arn,
            created: self.created,
            trust_policy: self.trust_policy,
            description: self.description,
            max_session: self.max_session,
            tags: self.tags,
        }
    }
}

/// IAM has no regions; its keys name this one.
fn of(account: &AccountId, kind: &str) -> Result<KeyBuilder> {
    let region: Region = "global".parse().map_err(Error::internal)?;
    Ok(Key::of(account, &region, "iam", kind))
}

pub(crate) fn roles(account: &AccountId) -> Result<Key> {
    Ok(of(account, "role")?.build())
}

/// Names are unique whatever their case, so that is how they are filed.
pub(crate) fn role(account: &AccountId, name: &str) -> Result<Key> {
    Ok(of(account, "role")?.text(&name.to_ascii_lowercase()).build())
}

/// Marks an account that was given its first roles.
pub(crate) fn furnished(account: &AccountId) -> Result<Key> {
    Ok(of(account, "furnished")?.text("first-roles").build())
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<bytes::Bytes> {
    serde_json::to_vec(value).map(Into::into).map_err(Error::internal)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(Error::internal)
}
