//! Changes: one way for all of them, from check to commit to being served.

use super::Inner;
use super::table::{Live, Namespace};
use crate::errors;
use crate::keys;
use crate::model::{Function, Generation};
use crate::names::{LATEST, Target};
use crate::run::group_id;
use std::sync::Arc;
use tinderbox_base::{Error, Result};
use tinderbox_store::{Check, Commit, Key, Op, StoreError};

impl Inner {
    /// Changes the function `target`: `decide` gets its namespace and what it is now, if it exists,
    /// and says what it shall be; none deletes it.
    ///
    /// Once begun, a change is carried through even if the caller goes away. When this returns, every
    /// request finds the new state.
    pub(super) async fn change<D>(self: &Arc<Self>, target: &Target, decide: D) -> Result<Option<Arc<Live>>>
    where
        D: FnOnce(&Namespace, Option<&Function>) -> Result<Option<Function>> + Send + 'static,
    {
        let (inner, target) = (self.clone(), target.clone());
        let change = async move {
            let namespace = inner.table.namespace(&target.account, &target.region);
            let _held = namespace.changes.lock().await;
            let old = namespace.get(&target.name);
            match (old.clone(), decide(&namespace, old.as_ref().map(|live| &*live.function))?) {
                (old, Some(new)) => inner.put(&namespace, old, new).await.map(Some),
                (Some(old), None) => inner.delete(&namespace, &old).await.map(|()| None),
                (None, None) => Ok(None),
            }
        };
        tokio::spawn(change).await.map_err(Error::internal)?
    }

    /// As [`Self::change`], of a function that must exist and stays.
    pub(super) async fn update<D>(
        self: &Arc<Self>,
        target: &Target,
        revision: Option<String>,
        decide: D,
    ) -> Result<Arc<Live>>
    where
        D: FnOnce(&Namespace, Function) -> Result<Function> + Send + 'static,
    {
        let arn = target.unqualified_arn();
        let missing = errors::function_not_found(&arn);
        let decide = move |namespace: &Namespace, old: Option<&Function>| {
            let old = old.ok_or_else(|| errors::function_not_found(&arn))?;
            if revision.is_some_and(|r| r != old.revision_id()) {
                return Err(errors::stale_revision());
            }
            decide(namespace, old.clone()).map(Some)
        };
        self.change(target, decide).await?.ok_or(missing)
    }

    /// `function` with a new generation and time of change.
    pub(super) fn changed(&self, mut function: Function) -> Function {
        function.generation = Generation::new(&*self.random);
        function.last_modified = self.clock.now();
        function
    }

    async fn put(
        self: &Arc<Self>,
        namespace: &Namespace,
        old: Option<Arc<Live>>,
        new: Function,
    ) -> Result<Arc<Live>> {
        let key = keys::function(&new.account, &new.region, &new.name);
        let record = serde_json::to_vec(&new).map_err(Error::internal)?;
        let check = match &old {
            Some(old) => Check::Version(key.clone(), old.stored),
            None => Check::Absent(key.clone()),
        };
        let op = Op::Put(key, record.into());
        let commit = Commit { checks: vec![check], ops: vec![op], ..Commit::default() };
        let stored = match self.store.commit(commit).await {
            Ok(committed) => committed.version,
            Err(StoreError::CheckFailed(_)) => return Err(errors::update_in_progress(new.arn())),
            Err(error) => return Err(error.into()),
        };
        let reserved = (old.as_ref().and_then(|o| o.function.reserved_concurrency), new.reserved_concurrency);
        let same = old.as_ref().filter(|old| old.function.generation == new.generation);
        let live = same.map_or_else(|| Live::new(new.clone(), stored), |old| old.with(new.clone(), stored));
        self.preparation.code.name(new.code.sha256);
        namespace.insert(live.clone());
        if reserved.0 != reserved.1 {
            self.engine.set_reserved(&new.account, &group_id(&new), reserved.1);
        }
        if let Some(old) = &old {
            if old.function.generation != new.generation {
                self.engine.retire(&old.id);
            }
            self.preparation.code.unname(old.function.code.sha256);
        }
        Ok(live)
    }

    async fn delete(self: &Arc<Self>, namespace: &Namespace, old: &Live) -> Result<()> {
        let function = &old.function;
        let key: Key = keys::function(&function.account, &function.region, &function.name);
        let check = Check::Version(key.clone(), old.stored);
        let commit = Commit { checks: vec![check], ops: vec![Op::Delete(key)], ..Commit::default() };
        match self.store.commit(commit).await {
            Ok(_) => {}
            Err(StoreError::CheckFailed(_)) => return Err(errors::update_in_progress(function.arn())),
            Err(error) => return Err(error.into()),
        }
        namespace.remove(function.name.as_str());
        self.engine.retire(&old.id);
        if function.reserved_concurrency.is_some() {
            self.engine.set_reserved(&function.account, &group_id(function), None);
        }
        self.preparation.code.unname(function.code.sha256);
        self.queues.forget(self, function);
        Ok(())
    }
}

/// Refuses a qualifier where only a function as a whole can be meant.
pub(super) fn unqualified(target: &Target) -> Result<()> {
    match &target.qualifier {
        None => Ok(()),
        Some(_) => Err(errors::invalid_parameter(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this \
             operation. Please specify either a function name or an unqualified function ARN.",
        )),
    }
}

/// Refuses every qualifier but that of the version being edited.
pub(super) fn latest(target: &Target) -> Result<()> {
    if target.qualifier.as_deref().is_some_and(|q| q != LATEST) { unqualified(target) } else { Ok(()) }
}
