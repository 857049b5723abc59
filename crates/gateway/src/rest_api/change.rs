//! Changes: one way for all of them, from check to commit to being served.

use super::{
    Inner, errors,
    keys::{DeploymentHead, Head, MAX_PARTS, PART_BYTES, Place, Snapshot, encode},
    model::{Api, Deployment},
    serve::{Runtime, ServedApi},
    table::{Live, Namespace},
};
use crate::commit::{commit, differences, gone};
use std::{collections::HashMap, sync::Arc};
use tinderbox_base::{Caller, Error, Result};
use tinderbox_store::{Op, Version};

impl Inner {
    /// Changes an API: `decide` makes of it what it shall be, and says what the caller hears.
    ///
    /// Once begun, a change is carried through even if the caller goes away. When this returns, every request meets
    /// the new state.
    pub(super) async fn change<R, D>(self: &Arc<Self>, caller: &Caller, id: &str, decide: D) -> Result<R>
    where
        D: FnOnce(&Self, &mut Api) -> Result<R> + Send + 'static,
        R: Send + 'static,
    {
        let (inner, namespace, id) = (Arc::clone(self), self.table.of(caller), id.to_owned());
        let change = async move {
            let _held = namespace.changes.lock().await;
            let old = namespace.live(&id)?;
            let mut api = Api::clone(&old.api);
            let answer = decide(&inner, &mut api)?;
            inner.commit(&namespace, Some(&old), api).await?;
            Ok(answer)
        };
        tokio::spawn(change).await.map_err(Error::internal)?
    }

    /// Runs `work`, which changes what is no API, alone in its namespace and to its end.
    pub(super) async fn alone<R, F>(
        self: &Arc<Self>,
        caller: &Caller,
        work: impl FnOnce(Arc<Self>, Arc<Namespace>) -> F + Send + 'static,
    ) -> Result<R>
    where
        F: Future<Output = Result<R>> + Send,
        R: Send + 'static,
    {
        let (inner, namespace) = (Arc::clone(self), self.table.of(caller));
        let change = async move {
            let held = Arc::clone(&namespace);
            let _held = held.changes.lock().await;
            work(inner, namespace).await
        };
        tokio::spawn(change).await.map_err(Error::internal)?
    }

    /// Writes a new state of an API and serves it.
    pub(super) async fn commit(
        &self,
        namespace: &Arc<Namespace>,
        old: Option<&Arc<Live>>,
        api: Api,
    ) -> Result<()> {
        let stored = self.write(&namespace.place, old, Some(&api)).await?;
        let runtime = old.map_or_else(|| Arc::new(Runtime::default()), |old| Arc::clone(&old.runtime));
        self.show(namespace, Arc::new(api), stored, runtime, old.map(|old| &old.compiled));
        Ok(())
    }

    /// Serves an API as it is now.
    pub(super) fn show(
        &self,
        namespace: &Arc<Namespace>,
        api: Arc<Api>,
        stored: Version,
        runtime: Arc<Runtime>,
        known: Option<&HashMap<String, Arc<super::serve::Compiled>>>,
    ) {
        let none = HashMap::new();
        let served = ServedApi::new(&self.edge, namespace, &api, &runtime, known.unwrap_or(&none));
        let compiled = served.compiled();
        self.registry.put(api.id(), Arc::new(served));
        namespace.put(Arc::new(Live { api, stored, runtime, compiled }));
    }

    /// Deletes an API with all that belongs to it.
    pub(super) async fn erase(&self, namespace: &Namespace, old: &Arc<Live>) -> Result<()> {
        self.write(&namespace.place, Some(old), None).await?;
        self.registry.remove(old.api.id());
        namespace.remove(old.api.id());
        Ok(())
    }

    async fn write(&self, place: &Place, old: Option<&Arc<Live>>, new: Option<&Api>) -> Result<Version> {
        let id = new.or(old.map(|old| &*old.api)).map_or("", Api::id);
        let key = place.api(id);
        let mut ops = vec![match new {
            Some(api) => Op::Put(key.clone(), encode(&Head::of(&api.definition))?),
            None => Op::Delete(key.clone()),
        }];
        parts(place, old.map(|old| &*old.api), new, &mut ops)?;
        commit(&*self.store, key, old.map(|old| old.stored), ops).await
    }
}

/// What has to be written besides the head for `old` to become `new`.
fn parts(place: &Place, old: Option<&Api>, new: Option<&Api>, ops: &mut Vec<Op>) -> Result<()> {
    let id = new.or(old).map_or("", Api::id);
    let (had, has) = (old.map(|a| &a.definition.resources), new.map(|a| &a.definition.resources));
    differences(had, has, |resource| place.resource(id, resource), ops)?;
    let (had, has) = (old.map(|a| &a.stages), new.map(|a| &a.stages));
    differences(had, has, |stage| place.stage(id, stage), ops)?;
    let (had, has) = (old.map(|a| &a.deployments), new.map(|a| &a.deployments));
    for (deployment, value) in has.into_iter().flatten() {
        match had.and_then(|all| all.get(deployment)) {
            Some(had) if Arc::ptr_eq(had, value) => {}
            had => put_deployment(place, id, value, had.is_none(), ops)?,
        }
    }
    for deployment in gone(had, has) {
        ops.push(Op::Delete(place.deployment(id, deployment)));
        // Deleting what is not there is no error, and the number of pieces is bounded.
        ops.extend((0..MAX_PARTS).map(|part| Op::Delete(place.deployment_part(id, deployment, part))));
    }
    Ok(())
}

fn put_deployment(
    place: &Place,
    api: &str,
    deployment: &Deployment,
    new: bool,
    ops: &mut Vec<Op>,
) -> Result<()> {
    let picture = encode(&Snapshot::of(&deployment.definition))?;
    let parts = picture.len().div_ceil(PART_BYTES);
    if parts > MAX_PARTS {
        return Err(errors::bad("The API is larger than a deployment may be"));
    }
    let head = DeploymentHead {
        id: deployment.id.clone(),
        description: deployment.description.clone(),
        created_date: deployment.created_date,
        parts,
    };
    ops.push(Op::Put(place.deployment(api, &deployment.id), encode(&head)?));
    if new {
        for part in 0..parts {
            let end = picture.len().min((part + 1) * PART_BYTES);
            let key = place.deployment_part(api, &deployment.id, part);
            ops.push(Op::Put(key, picture.slice(part * PART_BYTES..end)));
        }
    }
    Ok(())
}
