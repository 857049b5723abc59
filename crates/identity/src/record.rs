//! What the store holds of roles, and under which keys.

use crate::{access_keys::AccessKey, owner, roles::Role, users::User};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use tinderbox_base::{AccountId, Error, Region, Result, Timestamp};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<String>,
}

/// A user as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UserRecord {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boundary: Option<String>,
}

impl UserRecord {
    pub(crate) fn into_user(self, account: &AccountId) -> User {
        User {
            arn: owner::arn(account, format!("user{}{}", self.path, self.name)),
            name: self.name,
            path: self.path,
            id: self.id,
            created: self.created,
            tags: self.tags,
            boundary: self.boundary,
        }
    }
}

/// An access key as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) id: String,
    /// The user it belongs to; none for the account itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) active: bool,
    /// The secret, encrypted by the vault for the key's id, in base64.
    pub(crate) secret: String,
}

impl KeyRecord {
    pub(crate) fn into_key(self) -> AccessKey {
        AccessKey { id: self.id, user: self.user, active: self.active, created: self.created }
    }
}

/// A managed policy as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) document: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// An inline policy as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InlineRecord {
    pub(crate) name: String,
    pub(crate) document: String,
}

/// A managed policy that belongs to an owner, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AttachedRecord {
    pub(crate) arn: String,
}

impl RoleRecord {
    pub(crate) fn into_role(self, account: &AccountId) -> Role {
        let arn = owner::arn(account, format!("role{}{}", self.path, self.name));
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
            boundary: self.boundary,
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

pub(crate) fn users(account: &AccountId) -> Result<Key> {
    Ok(of(account, "user")?.build())
}

pub(crate) fn user(account: &AccountId, name: &str) -> Result<Key> {
    Ok(of(account, "user")?.text(&name.to_ascii_lowercase()).build())
}

pub(crate) fn access_keys(account: &AccountId) -> Result<Key> {
    Ok(of(account, "access-key")?.build())
}

pub(crate) fn access_key(account: &AccountId, id: &str) -> Result<Key> {
    Ok(of(account, "access-key")?.text(id).build())
}

/// One of the places for an owner's keys; it holds the key's id.
pub(crate) fn key_slot(account: &AccountId, owner: &str, slot: u64) -> Result<Key> {
    Ok(of(account, "key-slot")?.text(owner).number(slot).build())
}

/// Marks a store in which a key was made.
pub(crate) fn first_key() -> Result<Key> {
    Ok(of(&AccountId::default(), "first-key")?.build())
}

pub(crate) fn inline_policies(account: &AccountId, owner: &str) -> Result<Key> {
    Ok(of(account, "inline-policy")?.text(owner).build())
}

pub(crate) fn inline_policy(account: &AccountId, owner: &str, name: &str) -> Result<Key> {
    Ok(of(account, "inline-policy")?.text(owner).text(name).build())
}

pub(crate) fn attached_policies(account: &AccountId, owner: &str) -> Result<Key> {
    Ok(of(account, "attached-policy")?.text(owner).build())
}

pub(crate) fn attached_policy(account: &AccountId, owner: &str, arn: &str) -> Result<Key> {
    Ok(of(account, "attached-policy")?.text(owner).text(arn).build())
}

/// To whom a managed policy is attached: the same the other way round.
pub(crate) fn attachments(account: &AccountId, arn: &str) -> Result<Key> {
    Ok(of(account, "attachment")?.text(arn).build())
}

pub(crate) fn attachment(account: &AccountId, arn: &str, owner: &str) -> Result<Key> {
    Ok(of(account, "attachment")?.text(arn).text(owner).build())
}

pub(crate) fn managed_policies(account: &AccountId) -> Result<Key> {
    Ok(of(account, "policy")?.build())
}

pub(crate) fn managed_policy(account: &AccountId, name: &str) -> Result<Key> {
    Ok(of(account, "policy")?.text(&name.to_ascii_lowercase()).build())
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
