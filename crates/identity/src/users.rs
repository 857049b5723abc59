//! Users: making, finding, listing and deleting them.

use crate::{
    create_role::unique_id,
    record::{self, UserRecord},
    roles::Identity,
};
use std::collections::BTreeMap;
use tinderbox_base::{AccountId, Arn, Caller, Error, Principal, Result, Timestamp};
use tinderbox_store::{Check, Commit, Op, StoreError};

/// Users of one page (`ListUsers` reference).
const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its path, from `/` to `/`.
    pub path: String,
    /// Its unique id, `AIDA…`.
    pub id: String,
    /// Its ARN.
    pub arn: Arn,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The policy that limits it, by its ARN.
    pub boundary: Option<String>,
}

/// A user to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateUser {
    /// Its name, unique in the account whatever its case.
    pub name: String,
    /// Its path; `/` when none.
    pub path: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The policy that limits it, by its ARN.
    pub boundary: Option<String>,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In order of their names.
    pub items: Vec<T>,
    /// Where to go on.
    pub marker: Option<String>,
}

/// Which part of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Only those whose paths begin so.
    pub path_prefix: Option<String>,
    /// The marker of the page before.
    pub marker: Option<String>,
    /// Items at most.
    pub limit: Option<usize>,
}

impl Identity {
    /// Makes a user.
    ///
    /// # Errors
    /// `Conflict` when the name is taken, `NotFound` when the boundary does not exist.
    pub async fn create_user(&self, caller: &Caller, create: CreateUser) -> Result<User> {
        if let Some(boundary) = &create.boundary {
            self.managed(boundary).await?;
        }
        let user = UserRecord {
            id: unique_id("AIDA", &*self.random),
            created: self.clock.now(),
            path: create.path.unwrap_or_else(|| "/".into()),
            tags: create.tags,
            boundary: create.boundary,
            name: create.name,
        };
        let key = record::user(&caller.account, &user.name)?;
        let ops = vec![Op::Put(key.clone(), record::encode(&user)?)];
        let commit = Commit { checks: vec![Check::Absent(key)], ops, appends: vec![] };
        let taken = format!("User with name {} already exists.", user.name);
        self.commit(commit, || Error::conflict(taken)).await?;
        Ok(user.into_user(&caller.account))
    }

    /// A user by its name; without one, the caller.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when the caller is no user.
    pub async fn get_user(&self, caller: &Caller, name: Option<&str>) -> Result<User> {
        match (name, &caller.principal) {
            (Some(name), _) => self.user(&caller.account, name).await,
            (None, Principal::User { user }) => self.user(&caller.account, last_part(&user.resource)).await,
            // AWS tells the account itself as a user without a name.
            (None, Principal::Root) => Ok(User {
                name: String::new(),
                path: "/".into(),
                id: caller.account.to_string(),
                arn: format!("arn:aws:iam::{}:root", caller.account).parse().map_err(Error::internal)?,
                created: Timestamp::default(),
                tags: BTreeMap::new(),
                boundary: None,
            }),
            (None, Principal::AssumedRole { .. } | Principal::Service(_)) => {
                Err(Error::invalid("Must specify userName when calling with non-User credentials")
                    .with_code("ValidationError"))
            }
        }
    }

    pub(crate) async fn user(&self, account: &AccountId, name: &str) -> Result<User> {
        let found = self.find_user(account, name).await?;
        let missing = || Error::not_found(format!("The user with name {name} cannot be found."));
        Ok(found.ok_or_else(missing)?.into_user(account))
    }

    pub(crate) async fn find_user(&self, account: &AccountId, name: &str) -> Result<Option<UserRecord>> {
        let Some(found) = self.store.get(&record::user(account, name)?).await? else { return Ok(None) };
        let user: UserRecord = record::decode(&found.value)?;
        Ok(Some(user).filter(|user| user.name == name))
    }

    /// The unique id of a user; of one that is gone, its name.
    pub(crate) async fn user_id(&self, account: &AccountId, name: &str) -> Result<String> {
        let found = self.find_user(account, name).await?;
        Ok(found.map_or_else(|| name.to_owned(), |user| user.id))
    }

    /// A page of the account's users.
    ///
    /// # Errors
    /// The store fails.
    pub async fn list_users(&self, caller: &Caller, part: Part) -> Result<Page<User>> {
        let prefix = part.path_prefix.clone().unwrap_or_else(|| "/".into());
        let after = part.marker.as_deref().map(|m| record::user(&caller.account, m)).transpose()?;
        let limit = part.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
        let wanted = |user: UserRecord| user.path.starts_with(&prefix).then_some(user);
        let page = self.page(&record::users(&caller.account)?, after, limit, wanted).await?;
        let marker = page.marker.map(|user| user.name);
        Ok(Page { items: page.items.into_iter().map(|u| u.into_user(&caller.account)).collect(), marker })
    }

    /// Deletes a user that has no keys and no policies.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when something still belongs to it.
    pub async fn delete_user(&self, caller: &Caller, name: &str) -> Result<()> {
        let account = &caller.account;
        self.user(account, name).await?;
        let conflict = |what: &str| {
            let text = format!("Cannot delete entity, must {what} first.");
            Error::conflict(text).with_code("DeleteConflictException")
        };
        let owner = crate::owner::Owner::User(name.to_owned());
        // The slots of keys must be free in the same commit that deletes the user.
        let mut checks = Vec::new();
        for slot in crate::access_keys::SLOTS {
            checks.push(Check::Absent(record::key_slot(account, &owner.key(), slot)?));
        }
        if self.has_policies(account, &owner).await? {
            return Err(conflict("detach all policies"));
        }
        let ops = vec![Op::Delete(record::user(account, name)?)];
        self.commit(Commit { checks, ops, appends: vec![] }, || conflict("delete access keys")).await
    }

    /// Commits, and forgets what was known; a check that fails is `refused`.
    pub(crate) async fn commit(&self, commit: Commit, refused: impl FnOnce() -> Error) -> Result<()> {
        let done = self.store.commit(commit).await;
        self.forget();
        match done {
            Ok(_) => Ok(()),
            Err(StoreError::CheckFailed(_)) => Err(refused()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The last part of a path: the name in `user/team/anna`.
pub(crate) fn last_part(resource: &str) -> &str {
    resource.rsplit('/').next().unwrap_or_default()
}
