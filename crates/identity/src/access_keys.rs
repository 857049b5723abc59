//! Access keys: making, listing and ending them, and finding whose they are.

use crate::{
    key_id,
    owner::Owner,
    record::{self, KeyRecord},
    roles::Identity,
    token,
    users::last_part,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use std::sync::Arc;
use tinderbox_base::{
    AccessKeys, AccountId, Caller, Error, ErrorKind, KeyFault, KnownKey, Principal, Result, Secret, Timestamp,
};
use tinderbox_store::{Check, Commit, Op, StoreError};

/// The places for a user's keys (IAM quotas: two).
pub(crate) const SLOTS: [u64; 2] = [0, 1];
/// Bytes drawn for a secret, which make 40 letters as AWS's have.
const SECRET_BYTES: usize = 30;

/// An access key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// The user it belongs to; none for the account itself.
    pub user: Option<String>,
    /// Whether it may be used.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

impl Identity {
    /// Makes a key for a user, or for the account itself, and tells its secret this one time.
    ///
    /// # Errors
    /// `NotFound`; `Quota` when the owner has two.
    pub async fn create_access_key(
        &self,
        account: &AccountId,
        user: Option<&str>,
    ) -> Result<(AccessKey, Secret)> {
        if let Some(name) = user {
            self.user(account, name).await?;
        }
        let id = key_id::new(key_id::LONG_TERM, account, &*self.random);
        let secret = new_secret(&*self.random);
        let record = KeyRecord {
            id: id.clone(),
            user: user.map(str::to_owned),
            created: self.clock.now(),
            active: true,
            secret: BASE64_STANDARD.encode(self.vault.seal(&id, secret.as_bytes(), &*self.random)?),
        };
        let owner = owner(user);
        for slot in SLOTS {
            let slot = record::key_slot(account, &owner.key(), slot)?;
            let mut checks = vec![Check::Absent(slot.clone())];
            if let Some(name) = user {
                checks.push(Check::Present(record::user(account, name)?));
            }
            let ops = vec![
                Op::Put(slot, record::encode(&id)?),
                Op::Put(record::access_key(account, &id)?, record::encode(&record)?),
                Op::Put(record::first_key()?, record::encode(&id)?),
            ];
            match self.store.commit(Commit { checks, ops, appends: vec![] }).await {
                Ok(_) => {
                    self.forget();
                    return Ok((record.into_key(), Secret::new(secret)));
                }
                Err(StoreError::CheckFailed(0)) => {}
                Err(StoreError::CheckFailed(_)) => {
                    let name = user.unwrap_or_default();
                    return Err(Error::not_found(format!("The user with name {name} cannot be found.")));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::new(
            ErrorKind::Quota,
            format!("Cannot exceed quota for AccessKeysPerUser: {}", SLOTS.len()),
        ))
    }

    /// The keys of a user, or of the account itself.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list_access_keys(&self, account: &AccountId, user: Option<&str>) -> Result<Vec<AccessKey>> {
        if let Some(name) = user {
            self.user(account, name).await?;
        }
        let mut keys = Vec::new();
        for slot in SLOTS {
            let slot = record::key_slot(account, &owner(user).key(), slot)?;
            let Some(found) = self.store.get(&slot).await? else { continue };
            let id: String = record::decode(&found.value)?;
            keys.extend(self.key_record(account, &id).await?.map(KeyRecord::into_key));
        }
        Ok(keys)
    }

    /// Every key of the account, its users' too, in order of their ids.
    ///
    /// # Errors
    /// The store fails.
    pub async fn all_access_keys(&self, account: &AccountId) -> Result<Vec<AccessKey>> {
        let page = self.page(&record::access_keys(account)?, None, usize::MAX, Some::<KeyRecord>).await?;
        Ok(page.items.into_iter().map(KeyRecord::into_key).collect())
    }

    /// Lets a key be used, or no longer.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn update_access_key(
        &self,
        account: &AccountId,
        user: Option<&str>,
        id: &str,
        active: bool,
    ) -> Result<()> {
        let record = self.key_of(account, user, id).await?;
        let key = record::access_key(account, id)?;
        let commit = Commit {
            checks: vec![Check::Present(key.clone())],
            ops: vec![Op::Put(key, record::encode(&KeyRecord { active, ..record })?)],
            appends: vec![],
        };
        self.commit(commit, || missing(id)).await
    }

    /// Ends a key.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_access_key(&self, account: &AccountId, user: Option<&str>, id: &str) -> Result<()> {
        self.key_of(account, user, id).await?;
        let mut ops = vec![Op::Delete(record::access_key(account, id)?)];
        for slot in SLOTS {
            let slot = record::key_slot(account, &owner(user).key(), slot)?;
            let held = self.store.get(&slot).await?;
            if held.is_some_and(|held| record::decode::<String>(&held.value).is_ok_and(|held| held == id)) {
                ops.push(Op::Delete(slot));
            }
        }
        self.commit(Commit { ops, ..Commit::default() }, || missing(id)).await
    }

    /// The user whose keys a request means: the one it names, else the caller.
    ///
    /// # Errors
    /// `Invalid` when the caller is neither a user nor the account itself.
    pub fn key_owner(&self, caller: &Caller, named: Option<String>) -> Result<Option<String>> {
        match (named, &caller.principal) {
            (Some(name), _) => Ok(Some(name)),
            (None, Principal::Root) => Ok(None),
            (None, Principal::User { user }) => Ok(Some(last_part(&user.resource).to_owned())),
            (None, Principal::AssumedRole { .. } | Principal::Service(_)) => {
                Err(Error::invalid("Must specify userName when calling with non-User credentials")
                    .with_code("ValidationError"))
            }
        }
    }

    /// The account that a key belongs to, which its id tells.
    ///
    /// # Errors
    /// `Invalid` when it is no id.
    pub fn account_of_key(&self, id: &str) -> Result<AccountId> {
        key_id::account(id).ok_or_else(|| Error::invalid("Invalid access key id."))
    }

    /// Whether a key was ever made, in any account.
    ///
    /// # Errors
    /// The store fails.
    pub async fn has_keys(&self) -> Result<bool> {
        Ok(self.store.get(&record::first_key()?).await?.is_some())
    }

    async fn key_record(&self, account: &AccountId, id: &str) -> Result<Option<KeyRecord>> {
        let found = self.store.get(&record::access_key(account, id)?).await?;
        found.map(|found| record::decode(&found.value)).transpose()
    }

    /// The record of a key that belongs to this user.
    async fn key_of(&self, account: &AccountId, user: Option<&str>, id: &str) -> Result<KeyRecord> {
        let found = self.key_record(account, id).await?;
        found.filter(|key| key.user.as_deref() == user).ok_or_else(|| missing(id))
    }

    /// A long-term key that may be used, with its secret.
    async fn known(&self, id: &str) -> Result<Option<Arc<KnownKey>>> {
        let Some(account) = key_id::account(id) else { return Ok(None) };
        let Some(record) = self.key_record(&account, id).await?.filter(|key| key.active) else {
            return Ok(None);
        };
        let principal = match &record.user {
            None => Principal::Root,
            Some(name) => {
                let Some(user) = self.find_user(&account, name).await? else { return Ok(None) };
                Principal::User { user: user.into_user(&account).arn }
            }
        };
        let sealed = BASE64_STANDARD.decode(&record.secret).unwrap_or_default();
        let secret = self.vault.open_sealed(id, &sealed).map_err(Error::internal)?;
        let secret = Secret::new(String::from_utf8_lossy(&secret));
        Ok(Some(Arc::new(KnownKey { secret, account, principal, session: None })))
    }
}

#[async_trait::async_trait]
impl AccessKeys for Identity {
    async fn find(&self, id: &str, token: Option<&str>) -> std::result::Result<Arc<KnownKey>, KeyFault> {
        if let Some(token) = token {
            return token::open(&self.vault, self.clock.now(), id, token).map(Arc::new);
        }
        let found = self.known_keys.get(id, self.known(id)).await;
        found.map_err(KeyFault::Failed)?.ok_or(KeyFault::Unknown)
    }
}

pub(crate) fn new_secret(random: &dyn tinderbox_base::Random) -> String {
    let mut bytes = [0; SECRET_BYTES];
    random.fill(&mut bytes);
    BASE64_STANDARD.encode(bytes)
}

fn owner(user: Option<&str>) -> Owner {
    user.map_or(Owner::Account, |name| Owner::User(name.to_owned()))
}

fn missing(id: &str) -> Error {
    Error::not_found(format!("The Access Key with id {id} cannot be found."))
}
