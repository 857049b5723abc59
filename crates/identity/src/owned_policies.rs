//! The policies of a user or role: inline ones, which are part of it, and managed ones, which it has.

use crate::{
    owner::Owner,
    policy,
    record::{self, AttachedRecord, InlineRecord},
    roles::Identity,
    users::last_part,
};
use tinderbox_base::{AccountId, Error, ErrorKind, Result, policy::PolicyKind};
use tinderbox_store::{Check, Commit, Key, Op};

/// Inline policies of one user or role together, in characters without white space (IAM quotas).
const MAX_USER_INLINE: usize = 2048;
const MAX_ROLE_INLINE: usize = 10_240;
/// Managed policies of one user or role (IAM quotas: the default).
const MAX_ATTACHED: usize = 10;

/// An inline policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlinePolicy {
    /// Its name.
    pub name: String,
    /// The document, as it was given.
    pub document: String,
}

impl Identity {
    /// Gives a user or role an inline policy, in place of the one of that name.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when it is no policy; `Quota` when all together are too long.
    pub async fn put_inline_policy(
        &self,
        account: &AccountId,
        owner: &Owner,
        put: InlinePolicy,
    ) -> Result<()> {
        let exists = self.existing(account, owner).await?;
        policy::check(&put.document, PolicyKind::Identity)?;
        let others = self.inline_policies(account, owner).await?.into_iter().filter(|p| p.name != put.name);
        let length: usize = others.map(|p| policy::visible(&p.document)).sum();
        let (most, kind, name) = match owner {
            Owner::Role(name) => (MAX_ROLE_INLINE, "role", name.as_str()),
            Owner::User(name) => (MAX_USER_INLINE, "user", name.as_str()),
            Owner::Account => (MAX_USER_INLINE, "user", ""),
        };
        if length + policy::visible(&put.document) > most {
            let text = format!("Maximum policy size of {most} bytes exceeded for {kind} {name}");
            return Err(Error::new(ErrorKind::Quota, text));
        }
        let key = record::inline_policy(account, &owner.key(), &put.name)?;
        let record = InlineRecord { name: put.name, document: put.document };
        let ops = vec![Op::Put(key, record::encode(&record)?)];
        self.commit(Commit { checks: vec![exists], ops, appends: vec![] }, || gone(owner)).await
    }

    /// An inline policy by its name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn inline_policy(
        &self,
        account: &AccountId,
        owner: &Owner,
        name: &str,
    ) -> Result<InlinePolicy> {
        self.existing(account, owner).await?;
        let found = self.inline_policies(account, owner).await?.into_iter().find(|p| p.name == name);
        found.ok_or_else(|| missing(owner, name))
    }

    /// The inline policies of a user or role, in order of their names. Their quota bounds them.
    ///
    /// # Errors
    /// The store fails.
    pub async fn inline_policies(&self, account: &AccountId, owner: &Owner) -> Result<Vec<InlinePolicy>> {
        let policy = |r: InlineRecord| Some(InlinePolicy { name: r.name, document: r.document });
        let all = record::inline_policies(account, &owner.key())?;
        Ok(self.page(&all, None, usize::MAX, policy).await?.items)
    }

    /// Takes an inline policy away.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_inline_policy(&self, account: &AccountId, owner: &Owner, name: &str) -> Result<()> {
        self.existing(account, owner).await?;
        let key = record::inline_policy(account, &owner.key(), name)?;
        let commit =
            Commit { checks: vec![Check::Present(key.clone())], ops: vec![Op::Delete(key)], appends: vec![] };
        self.commit(commit, || missing(owner, name)).await
    }

    /// Gives a user or role a managed policy.
    ///
    /// # Errors
    /// `NotFound`; `Quota` when it has ten.
    pub async fn attach_policy(&self, account: &AccountId, owner: &Owner, arn: &str) -> Result<()> {
        let exists = self.existing(account, owner).await?;
        let managed = self.managed(arn).await?;
        let have = self.attached_policies(account, owner).await?;
        if have.len() >= MAX_ATTACHED && !have.iter().any(|a| a == arn) {
            let kind = if matches!(owner, Owner::Role(_)) { "Role" } else { "User" };
            let text = format!("Cannot exceed quota for PoliciesPer{kind}: {MAX_ATTACHED}");
            return Err(Error::new(ErrorKind::Quota, text));
        }
        let mut checks = vec![exists];
        if arn.starts_with(&format!("arn:aws:iam::{account}:")) {
            checks.push(Check::Present(record::managed_policy(account, &managed.name)?));
        }
        let record = record::encode(&AttachedRecord { arn: arn.to_owned() })?;
        let ops = vec![
            Op::Put(record::attached_policy(account, &owner.key(), arn)?, record.clone()),
            Op::Put(record::attachment(account, arn, &owner.key())?, record),
        ];
        self.commit(Commit { checks, ops, appends: vec![] }, || gone(owner)).await
    }

    /// Takes a managed policy away from a user or role.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn detach_policy(&self, account: &AccountId, owner: &Owner, arn: &str) -> Result<()> {
        self.existing(account, owner).await?;
        let key = record::attached_policy(account, &owner.key(), arn)?;
        let ops = vec![Op::Delete(key.clone()), Op::Delete(record::attachment(account, arn, &owner.key())?)];
        let commit = Commit { checks: vec![Check::Present(key)], ops, appends: vec![] };
        self.commit(commit, || Error::not_found(format!("Policy {arn} was not found."))).await
    }

    /// The ARNs of the managed policies that a user or role has. Their quota bounds them.
    ///
    /// # Errors
    /// The store fails.
    pub async fn attached_policies(&self, account: &AccountId, owner: &Owner) -> Result<Vec<String>> {
        let all = record::attached_policies(account, &owner.key())?;
        Ok(self.page(&all, None, usize::MAX, |r: AttachedRecord| Some(r.arn)).await?.items)
    }

    pub(crate) async fn has_policies(&self, account: &AccountId, owner: &Owner) -> Result<bool> {
        let inline = self.inline_policies(account, owner).await?;
        Ok(!inline.is_empty() || !self.attached_policies(account, owner).await?.is_empty())
    }

    /// That the owner exists still when the change is committed.
    ///
    /// # Errors
    /// `NotFound`: it does not now.
    pub async fn existing(&self, account: &AccountId, owner: &Owner) -> Result<Check> {
        let key: Key = match owner {
            Owner::User(name) => {
                self.user(account, name).await?;
                record::user(account, name)?
            }
            Owner::Role(name) => {
                self.role(account, name).await?;
                record::role(account, name)?
            }
            Owner::Account => return Err(Error::invalid("The account itself has no policies.")),
        };
        Ok(Check::Present(key))
    }
}

/// The name of a managed policy, which its ARN ends with.
pub fn policy_name(arn: &str) -> &str {
    last_part(arn)
}

fn missing(owner: &Owner, name: &str) -> Error {
    let kind = if matches!(owner, Owner::Role(_)) { "role" } else { "user" };
    Error::not_found(format!("The {kind} policy with name {name} cannot be found."))
}

fn gone(owner: &Owner) -> Error {
    match owner {
        Owner::Role(name) => Error::not_found(format!("The role with name {name} cannot be found.")),
        Owner::User(name) => Error::not_found(format!("The user with name {name} cannot be found.")),
        Owner::Account => Error::not_found("The account cannot be found."),
    }
}
