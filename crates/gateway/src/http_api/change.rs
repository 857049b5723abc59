//! The one way that every change goes: decide, deploy where that is automatic, commit, serve.

use super::{
    Inner,
    keys::{Place, encode},
    model::{Api, Deployment},
    serve::{Runtime, ServedApi},
    table::{Live, Namespace},
};
use crate::{
    commit::{commit, differences},
    ids,
};
use std::sync::Arc;
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
            inner.deploy_changes(&old.api, &mut api);
            inner.commit(&namespace, Some(&old), api).await?;
            Ok(answer)
        };
        tokio::spawn(change).await.map_err(Error::internal)?
    }

    /// Runs `work` alone in its namespace and to its end.
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

    /// A deployment of what an API is now.
    pub(super) fn picture(&self, api: &Api, description: Option<String>, auto_deployed: bool) -> Deployment {
        let mut id = ids::part(&*self.random);
        while api.deployments.contains_key(&id) {
            id = ids::part(&*self.random);
        }
        let definition = Arc::new(api.definition.clone());
        Deployment { id, description, created_date: self.clock.now(), auto_deployed, definition }
    }

    /// Deploys a change to the stages that want every change. Automatic deployments that no stage serves any more
    /// go: they cannot be told apart from each other, and nobody asked for them.
    pub(super) fn deploy_changes(&self, old: &Api, api: &mut Api) {
        let waits = |stage: &Arc<super::model::Stage>| stage.auto_deploy && stage.deployment_id.is_none();
        let changed = old.definition != api.definition;
        if (changed && api.stages.values().any(|stage| stage.auto_deploy)) || api.stages.values().any(waits) {
            let text = "Automatic deployment triggered by changes to the Api configuration";
            let deployment = self.picture(api, Some(text.into()), true);
            let message = format!("Successfully deployed stage with deployment ID '{}'", deployment.id);
            for stage in api.stages.values_mut().filter(|stage| stage.auto_deploy) {
                let stage = Arc::make_mut(stage);
                stage.deployment_id = Some(deployment.id.clone());
                stage.last_updated_date = deployment.created_date;
                stage.last_deployment_status_message = Some(message.clone());
            }
            api.deployments.insert(deployment.id.clone(), Arc::new(deployment));
        }
        let served: Vec<String> =
            api.stages.values().filter_map(|stage| stage.deployment_id.clone()).collect();
        api.deployments.retain(|id, deployment| !deployment.auto_deployed || served.contains(id));
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
        self.show(namespace, Arc::new(api), stored, runtime);
        Ok(())
    }

    /// Serves an API as it is now.
    pub(super) fn show(
        &self,
        namespace: &Arc<Namespace>,
        api: Arc<Api>,
        stored: Version,
        runtime: Arc<Runtime>,
    ) {
        let served = ServedApi::new(&self.edge, &api, &runtime);
        self.registry.put(api.id(), Arc::new(served));
        namespace.put(Arc::new(Live { api, stored, runtime }));
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
            Some(api) => Op::Put(key.clone(), encode(&api.definition)?),
            None => Op::Delete(key.clone()),
        }];
        let stored = old.map(|old| old.stored);
        let old = old.map(|old| &*old.api);
        let stage = |name: &str| place.stage(id, name);
        differences(old.map(|api| &api.stages), new.map(|api| &api.stages), stage, &mut ops)?;
        let deployment = |name: &str| place.deployment(id, name);
        differences(old.map(|api| &api.deployments), new.map(|api| &api.deployments), deployment, &mut ops)?;
        commit(&*self.store, key, stored, ops).await
    }
}
