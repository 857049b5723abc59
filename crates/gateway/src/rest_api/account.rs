//! The account's settings.

use super::{
    Inner, RestApis,
    keys::encode,
    patch::{Kind, PatchOperation, patch},
    table::Namespace,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tinderbox_base::{Caller, Result};
use tinderbox_store::{Commit, Op};

/// What is set for a whole account in a region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Account {
    /// The role that writes logs. Stored only: the gateway needs none.
    pub cloudwatch_role_arn: Option<String>,
}

impl RestApis {
    /// The account's settings.
    pub fn account(&self, caller: &Caller) -> Account {
        self.inner.table.of(caller).account()
    }

    /// Changes the account's settings.
    ///
    /// # Errors
    /// An operation is none that can be.
    pub async fn update_account(&self, caller: &Caller, operations: Vec<PatchOperation>) -> Result<Account> {
        let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
            let account = patch(&namespace.account(), &operations, &[("/cloudwatchRoleArn", Kind::Text)])?;
            let op = Op::Put(namespace.place.kind("account").build(), encode(&account)?);
            inner.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
            namespace.set_account(account.clone());
            Ok(account)
        };
        self.inner.alone(caller, work).await
    }
}
