//! Managed policies: the account's own, and a few of AWS's by their names.

use crate::{
    aws_managed,
    create_role::unique_id,
    owner, policy,
    record::{self, AttachedRecord, PolicyRecord},
    roles::Identity,
    users::{Page, Part, last_part},
};
use std::collections::BTreeMap;
use tinderbox_base::{AccountId, Arn, Caller, Error, Result, Timestamp};
use tinderbox_store::{Check, Commit, Op};

/// Policies of one page (`ListPolicies` reference).
const DEFAULT_PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: String,
    /// Its path, from `/` to `/`.
    pub path: String,
    /// Its unique id, `ANPA…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// What it is for.
    pub description: Option<String>,
    /// The document, as it was given.
    pub document: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How many users and roles have it.
    pub attachments: usize,
}

/// A managed policy to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreatePolicy {
    /// Its name, unique in the account whatever its case.
    pub name: String,
    /// Its path; `/` when none.
    pub path: Option<String>,
    /// The document.
    pub document: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl PolicyRecord {
    fn into_policy(self, account: &AccountId) -> ManagedPolicy {
        ManagedPolicy {
            arn: owner::arn(account, format!("policy{}{}", self.path, self.name)).to_string(),
            name: self.name,
            path: self.path,
            id: self.id,
            created: self.created,
            description: self.description,
            document: self.document,
            tags: self.tags,
            attachments: 0,
        }
    }
}

impl Identity {
    /// Makes a managed policy.
    ///
    /// # Errors
    /// `Conflict` when the name is taken; `Invalid` when the document is no policy.
    pub async fn create_policy(&self, caller: &Caller, create: CreatePolicy) -> Result<ManagedPolicy> {
        policy::check_managed(&create.document)?;
        let record = PolicyRecord {
            id: unique_id("ANPA", &*self.random),
            created: self.clock.now(),
            path: create.path.unwrap_or_else(|| "/".into()),
            description: create.description,
            document: create.document,
            tags: create.tags,
            name: create.name,
        };
        let key = record::managed_policy(&caller.account, &record.name)?;
        let ops = vec![Op::Put(key.clone(), record::encode(&record)?)];
        let taken =
            format!("A policy called {} already exists. Duplicate names are not allowed.", record.name);
        let commit = Commit { checks: vec![Check::Absent(key)], ops, appends: vec![] };
        self.commit(commit, || Error::conflict(taken)).await?;
        Ok(record.into_policy(&caller.account))
    }

    /// A managed policy by its ARN, as the caller sees it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_policy(&self, caller: &Caller, arn: &str) -> Result<ManagedPolicy> {
        let mut policy = self.managed(arn).await?;
        policy.attachments = self.attachments(&caller.account, arn, usize::MAX).await?.len();
        Ok(policy)
    }

    /// A managed policy by its ARN.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn managed(&self, arn: &str) -> Result<ManagedPolicy> {
        let missing = || Error::not_found(format!("Policy {arn} does not exist or is not attachable."));
        if arn.starts_with(aws_managed::PREFIX) {
            return aws_managed::find(arn).ok_or_else(missing);
        }
        let parsed: Arn = arn.parse().map_err(|_| Error::invalid(format!("ARN {arn} is not valid.")))?;
        let Some(account) = &parsed.account else { return Err(missing()) };
        let found = self.store.get(&record::managed_policy(account, last_part(&parsed.resource))?).await?;
        let Some(found) = found else { return Err(missing()) };
        let record: PolicyRecord = record::decode(&found.value)?;
        let policy = record.into_policy(account);
        if policy.arn == arn { Ok(policy) } else { Err(missing()) }
    }

    /// A page of the account's managed policies; AWS's come with the first one, if they are wanted.
    ///
    /// # Errors
    /// The store fails.
    pub async fn list_policies(
        &self,
        caller: &Caller,
        part: Part,
        (of_aws, own): (bool, bool),
    ) -> Result<Page<ManagedPolicy>> {
        let prefix = part.path_prefix.clone().unwrap_or_else(|| "/".into());
        let limit = part.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
        let mut items = Vec::new();
        if of_aws && part.marker.is_none() {
            items.extend(aws_managed::all().filter(|policy| policy.path.starts_with(&prefix)));
        }
        if !own {
            return Ok(Page { items, marker: None });
        }
        let after = part.marker.as_deref().map(|m| record::managed_policy(&caller.account, m)).transpose()?;
        let wanted = |record: PolicyRecord| record.path.starts_with(&prefix).then_some(record);
        let page = self.page(&record::managed_policies(&caller.account)?, after, limit, wanted).await?;
        let marker = page.marker.map(|record| record.name);
        for record in page.items {
            let mut policy = record.into_policy(&caller.account);
            policy.attachments = self.attachments(&caller.account, &policy.arn, usize::MAX).await?.len();
            items.push(policy);
        }
        Ok(Page { items, marker })
    }

    /// Deletes a managed policy that nobody has.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when somebody has it; `Invalid` when it is AWS's.
    pub async fn delete_policy(&self, caller: &Caller, arn: &str) -> Result<()> {
        let policy = self.managed(arn).await?;
        if aws_managed::find(arn).is_some() {
            return Err(Error::invalid("AWS managed policies cannot be deleted."));
        }
        if !self.attachments(&caller.account, arn, 1).await?.is_empty() {
            let text = "Cannot delete a policy attached to entities.";
            return Err(Error::conflict(text).with_code("DeleteConflictException"));
        }
        let ops = vec![Op::Delete(record::managed_policy(&caller.account, &policy.name)?)];
        self.commit(Commit { ops, ..Commit::default() }, || Error::conflict("The policy changed.")).await
    }

    async fn attachments(&self, account: &AccountId, arn: &str, limit: usize) -> Result<Vec<AttachedRecord>> {
        Ok(self.page(&record::attachments(account, arn)?, None, limit, Some).await?.items)
    }
}
