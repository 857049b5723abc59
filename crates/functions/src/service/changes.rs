//! Changes: one way for all of them, from check to commit to being served.

use super::Inner;
use super::draft::Draft;
use super::live::{Edition, Live};
use super::table::Namespace;
use crate::errors;
use crate::keys::{self, Part};
use crate::model::{Function, Generation};
use crate::names::{LATEST, Target};
use crate::run::group_id;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tinderbox_base::{Error, Result};
use tinderbox_store::{Check, Commit, Key, Op, StoreError};

/// What has a name before a change.
pub(super) enum Before<'a> {
    /// This function.
    Function(&'a Live),
    /// Nothing; functions that had it before published versions up to this number.
    Nothing { last_number: u64 },
}

/// What is kept of a deleted function: no number is given to a version of another one of its name.
#[derive(Default, Serialize, Deserialize)]
struct Remainder {
    last_number: u64,
}

impl Inner {
    /// Changes the function `target`: `decide` gets its namespace and what has its name now,
    /// and says what it shall be; none deletes it.
    ///
    /// Once begun, a change is carried through even if the caller goes away. When this returns, every
    /// request finds the new state.
    pub(super) async fn change<D, T>(
        self: &Arc<Self>,
        target: &Target,
        decide: D,
    ) -> Result<(Option<Arc<Live>>, T)>
    where
        D: FnOnce(&Namespace, Before<'_>) -> Result<(Option<Draft>, T)> + Send + 'static,
        T: Send + 'static,
    {
        let (inner, target) = (self.clone(), target.clone());
        let change = async move {
            inner.loaded().await?;
            let namespace = inner.table.namespace(&target.account, &target.region);
            let _held = namespace.changes.lock().await;
            let old = namespace.get(&target.name);
            let before = match &old {
                Some(live) => Before::Function(live),
                None => Before::Nothing { last_number: inner.last_number(&target).await? },
            };
            let (new, told) = decide(&namespace, before)?;
            let live = match (old, new) {
                (Some(old), Some(new)) if new.is_unchanged(&old) => Some(old),
                (old, Some(new)) => Some(inner.put(&namespace, old, new).await?),
                (Some(old), None) => inner.delete(&namespace, &old).await.map(|()| None)?,
                (None, None) => None,
            };
            Ok((live, told))
        };
        tokio::spawn(change).await.map_err(Error::internal)?
    }

    /// As [`Self::change`], of a function that must exist and stays.
    pub(super) async fn update<D, T>(
        self: &Arc<Self>,
        target: &Target,
        revision: Option<String>,
        decide: D,
    ) -> Result<(Arc<Live>, T)>
    where
        D: FnOnce(&Namespace, &mut Draft) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let arn = target.unqualified_arn();
        let missing = errors::function_not_found(&arn);
        let decide = move |namespace: &Namespace, before: Before<'_>| {
            let Before::Function(old) = before else { return Err(errors::function_not_found(&arn)) };
            if revision.is_some_and(|r| r != old.function().revision_id()) {
                return Err(errors::stale_revision());
            }
            let mut draft = Draft::of(old);
            let told = decide(namespace, &mut draft)?;
            Ok((Some(draft), told))
        };
        let (live, told) = self.change(target, decide).await?;
        Ok((live.ok_or(missing)?, told))
    }

    /// Gives `function` a new generation and time of change.
    pub(super) fn changed(&self, function: &mut Function) {
        function.generation = Generation::new(&*self.random);
        function.revision = None;
        function.last_modified = self.clock.now();
    }

    async fn put(
        self: &Arc<Self>,
        namespace: &Namespace,
        old: Option<Arc<Live>>,
        draft: Draft,
    ) -> Result<Arc<Live>> {
        let Draft { function: new, parts, mut ops, published, removed } = draft;
        let key = keys::function(&new.account, &new.region, &new.name);
        let record = serde_json::to_vec(&new).map_err(Error::internal)?;
        let check = match &old {
            Some(old) => Check::Version(key.clone(), old.stored),
            None => Check::Absent(key.clone()),
        };
        ops.push(Op::Put(key, record.into()));
        let commit = Commit { checks: vec![check], ops, ..Commit::default() };
        let stored = match self.store.commit(commit).await {
            Ok(committed) => committed.version,
            Err(StoreError::CheckFailed(_)) => return Err(errors::update_in_progress(new.arn())),
            Err(error) => return Err(error.into()),
        };
        let before = old.as_ref().map(|old| old.function());
        let reserved = (before.and_then(|f| f.reserved_concurrency), new.reserved_concurrency);
        let group = group_id(&new);
        let same = old.as_ref().filter(|old| old.function().generation == new.generation);
        let latest = same.map_or_else(|| Edition::new(new.clone()), |old| old.latest.with(new.clone()));
        let code = &self.preparation.code;
        code.name(new.code.sha256);
        published.iter().for_each(|edition| code.name(edition.function.code.sha256));
        let live = Arc::new(Live { latest, stored, parts });
        self.urls.replace(old.as_deref(), Some(&live));
        namespace.insert(live.clone());
        if reserved.0 != reserved.1 {
            self.engine.set_reserved(&new.account, &group, reserved.1);
            self.queues.retry(self, &new);
        }
        if let Some(old) = &old {
            if old.function().generation != new.generation {
                self.engine.retire(&old.latest.id);
            }
            code.unname(old.function().code.sha256);
        }
        removed.iter().for_each(|edition| self.end(edition));
        Ok(live)
    }

    async fn delete(self: &Arc<Self>, namespace: &Namespace, old: &Live) -> Result<()> {
        let function = old.function();
        let key: Key = keys::function(&function.account, &function.region, &function.name);
        let check = Check::Version(key.clone(), old.stored);
        let mut ops = vec![Op::Delete(key)];
        if function.last_number > 0 {
            let remainder = Remainder { last_number: function.last_number };
            let record = serde_json::to_vec(&remainder).map_err(Error::internal)?;
            let key = keys::last_number(&function.account, &function.region, function.name.as_str());
            ops.push(Op::Put(key, record.into()));
        }
        let commit = Commit { checks: vec![check], ops, ..Commit::default() };
        match self.store.commit(commit).await {
            Ok(_) => {}
            Err(StoreError::CheckFailed(_)) => return Err(errors::update_in_progress(function.arn())),
            Err(error) => return Err(error.into()),
        }
        self.urls.replace(Some(old), None);
        namespace.remove(function.name.as_str());
        if function.reserved_concurrency.is_some() {
            self.engine.set_reserved(&function.account, &group_id(function), None);
        }
        old.editions().for_each(|edition| self.end(edition));
        self.queues.forget(self, function);
        self.forget_parts(function);
        Ok(())
    }

    /// The number of the last version that functions of this name had which are deleted.
    async fn last_number(&self, target: &Target) -> Result<u64> {
        let key = keys::last_number(&target.account, &target.region, &target.name);
        let Some(entry) = self.store.get(&key).await? else { return Ok(0) };
        let remainder: Remainder = serde_json::from_slice(&entry.value).map_err(Error::internal)?;
        Ok(remainder.last_number)
    }

    /// Lets a version serve nothing more and its code go.
    fn end(&self, edition: &Edition) {
        self.engine.retire(&edition.id);
        self.preparation.code.unname(edition.function.code.sha256);
    }

    /// Removes what a deleted function had beside its record, in the background: nothing finds it any more.
    fn forget_parts(&self, function: &Arc<Function>) {
        let (store, function) = (self.store.clone(), function.clone());
        tokio::spawn(async move {
            for part in Part::ALL {
                if let Err(error) = store.delete_range(&part.of(&function)).await {
                    tracing::warn!(%error, "parts of a deleted function are still stored; the next start drops them");
                }
            }
        });
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
