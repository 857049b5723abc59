//! Roles: finding and listing them, and those that every account begins with.

use crate::{
    cache::Cache,
    create_role::{DEFAULT_SESSION, unique_id},
    effective::Own,
    owner::Owner,
    policy,
    record::{self, RoleRecord},
    vault::Vault,
};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{AccountId, Arn, Caller, Clock, Error, KnownKey, Random, Result, Timestamp};
use tinderbox_store::{Check, Commit, Op, Store, StoreError};

/// The roles that every account has from its first use on: the one the README's first minute uses, and the one
/// that the class's labs choose.
pub const FIRST_ROLES: [&str; 2] = ["lambda-role", "lambdaSizingFunctionRole"];
/// Roles of one page (`ListRoles` reference).
const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

const LAMBDA_TRUST: &str = concat!(
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","#,
    r#""Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
);

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its path, from `/` to `/`.
    pub path: String,
    /// Its unique id, `AROA…`.
    pub id: String,
    /// Its ARN.
    pub arn: Arn,
    /// When it was made.
    pub created: Timestamp,
    /// Who may assume it: JSON, as it was given.
    pub trust_policy: String,
    /// What it is for.
    pub description: Option<String>,
    /// Seconds a session lasts at most.
    pub max_session: u32,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The policy that limits it, by its ARN.
    pub boundary: Option<String>,
}

/// Which roles to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRoles {
    /// Only those whose paths begin so.
    pub path_prefix: Option<String>,
    /// The marker of the page before.
    pub marker: Option<String>,
    /// Roles at most; 100 are one page.
    pub limit: Option<usize>,
}

/// A page of roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RolesPage {
    /// In order of their names.
    pub roles: Vec<Role>,
    /// Where to go on.
    pub marker: Option<String>,
}

/// The users, roles, keys and policies of all accounts.
pub struct Identity {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) vault: Vault,
    pub(crate) known_keys: Cache<Option<Arc<KnownKey>>>,
    pub(crate) owned_policies: Cache<Arc<Own>>,
}

impl Identity {
    /// The service over `store`, whose secrets `vault` keeps.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>, vault: Vault) -> Self {
        let (known_keys, owned_policies) = (Cache::default(), Cache::default());
        Self { store, clock, random, vault, known_keys, owned_policies }
    }

    /// Forgets what was read: whoever changes the store beside this must say so.
    pub fn forget(&self) {
        self.known_keys.clear();
        self.owned_policies.clear();
    }

    /// A role by its name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_role(&self, caller: &Caller, name: &str) -> Result<Role> {
        self.role(&caller.account, name).await
    }

    pub(crate) async fn role(&self, account: &AccountId, name: &str) -> Result<Role> {
        let role = self.find(account, name).await?;
        let missing = || Error::not_found(format!("The role with name {name} cannot be found."));
        role.map(|role| role.into_role(account)).ok_or_else(missing)
    }

    /// Whether the ARN is that of a role that exists.
    ///
    /// # Errors
    /// The store fails.
    pub async fn role_exists(&self, arn: &Arn) -> Result<bool> {
        Ok(self.role_by_arn(arn).await?.is_some())
    }

    /// The role with this ARN.
    pub(crate) async fn role_by_arn(&self, arn: &Arn) -> Result<Option<RoleRecord>> {
        let (Some(account), Some(resource)) = (&arn.account, arn.resource.strip_prefix("role")) else {
            return Ok(None);
        };
        let name = resource.rsplit('/').next().unwrap_or_default();
        if arn.service != "iam" || name.is_empty() {
            return Ok(None);
        }
        let role = self.find(account, name).await?;
        Ok(role.filter(|role| format!("{}{}", role.path, role.name) == resource))
    }

    /// A page of the account's roles.
    ///
    /// # Errors
    /// The store fails.
    pub async fn list_roles(&self, caller: &Caller, list: ListRoles) -> Result<RolesPage> {
        self.furnish(&caller.account).await?;
        let limit = list.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
        let prefix = list.path_prefix.as_deref().unwrap_or("/");
        let after = list.marker.as_deref().map(|m| record::role(&caller.account, m)).transpose()?;
        let wanted = |role: RoleRecord| role.path.starts_with(prefix).then_some(role);
        let page = self.page(&record::roles(&caller.account)?, after, limit, wanted).await?;
        let roles = page.items.into_iter().map(|role| role.into_role(&caller.account)).collect();
        Ok(RolesPage { roles, marker: page.marker.map(|role| role.name) })
    }

    /// Changes who may assume a role.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when the trust policy is none.
    pub async fn update_trust_policy(&self, caller: &Caller, name: &str, trust_policy: String) -> Result<()> {
        policy::check_trust(&trust_policy)?;
        let missing = || Error::not_found(format!("The role with name {name} cannot be found."));
        let role = self.find(&caller.account, name).await?.ok_or_else(missing)?;
        let key = record::role(&caller.account, name)?;
        let ops = vec![Op::Put(key.clone(), record::encode(&RoleRecord { trust_policy, ..role })?)];
        self.commit(Commit { checks: vec![Check::Present(key)], ops, appends: vec![] }, missing).await
    }

    /// Deletes a role that has no policies.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when something still belongs to it.
    pub async fn delete_role(&self, caller: &Caller, name: &str) -> Result<()> {
        self.role(&caller.account, name).await?;
        if self.has_policies(&caller.account, &Owner::Role(name.to_owned())).await? {
            let text = "Cannot delete entity, must detach all policies first.";
            return Err(Error::conflict(text).with_code("DeleteConflictException"));
        }
        let ops = vec![Op::Delete(record::role(&caller.account, name)?)];
        self.commit(Commit { ops, ..Commit::default() }, || Error::conflict("The role changed.")).await
    }

    pub(crate) async fn find(&self, account: &AccountId, name: &str) -> Result<Option<RoleRecord>> {
        self.furnish(account).await?;
        let Some(found) = self.store.get(&record::role(account, name)?).await? else { return Ok(None) };
        let role: RoleRecord = record::decode(&found.value)?;
        Ok(Some(role).filter(|role| role.name == name))
    }

    /// Gives an account its first roles, once.
    pub(crate) async fn furnish(&self, account: &AccountId) -> Result<()> {
        let mark = record::furnished(account)?;
        if self.store.get(&mark).await?.is_some() {
            return Ok(());
        }
        let mut commit = Commit { checks: vec![Check::Absent(mark.clone())], ..Commit::default() };
        commit.ops.push(Op::Put(mark, bytes::Bytes::new()));
        for name in FIRST_ROLES {
            let role = RoleRecord {
                name: name.into(),
                path: "/".into(),
                id: unique_id("AROA", &*self.random),
                created: self.clock.now(),
                trust_policy: LAMBDA_TRUST.into(),
                description: Some("Execution role for functions".into()),
                max_session: DEFAULT_SESSION,
                tags: BTreeMap::new(),
                boundary: None,
            };
            commit.ops.push(Op::Put(record::role(account, name)?, record::encode(&role)?));
        }
        match self.store.commit(commit).await {
            // Or another did it just now.
            Ok(_) | Err(StoreError::CheckFailed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
