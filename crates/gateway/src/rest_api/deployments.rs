//! Deployments: pictures of an API that stages serve.

use super::{
    Inner, RestApis, errors,
    model::{Api, Canary, Deployment, Stage, Texts},
    page::PageRequest,
    patch::{Kind, PatchOperation},
    stages,
};
use crate::ids;
use crate::page::Page;
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// Deployments of one API. AWS's quota is 200; the oldest that no stage serves make room here.
const MAX_DEPLOYMENTS: usize = 200;

/// What a new deployment is to be.
#[derive(Clone, Debug, Default)]
pub struct NewDeployment {
    /// What it is for.
    pub description: Option<String>,
    /// The stage that serves it from now on, made if there is none.
    pub stage: Option<String>,
    /// What a new stage is for.
    pub stage_description: Option<String>,
    /// The stage's variables, in place of those it has.
    pub variables: Option<Texts>,
    /// Whether the stage serves it to some requests only.
    pub canary: Option<Canary>,
    /// Whether the stage's requests are traced.
    pub tracing_enabled: Option<bool>,
    /// Whether the stage keeps answers.
    pub cache_cluster_enabled: Option<bool>,
    /// The size of its cache.
    pub cache_cluster_size: Option<String>,
}

impl RestApis {
    /// Takes a picture of an API, and serves it if a stage is named.
    ///
    /// # Errors
    /// `NotFound`; the API has no methods, or one without integration; the stage cannot be.
    pub async fn create_deployment(
        &self,
        caller: &Caller,
        api: &str,
        new: NewDeployment,
    ) -> Result<Arc<Deployment>> {
        let change = move |inner: &Inner, api: &mut Api| {
            complete(api)?;
            let deployment = Arc::new(Deployment {
                id: ids::part(&*inner.random),
                description: new.description.clone().filter(|d| !d.is_empty()),
                created_date: inner.clock.now(),
                definition: Arc::new(api.definition.clone()),
            });
            make_room(api)?;
            api.deployments.insert(deployment.id.clone(), Arc::clone(&deployment));
            if let Some(name) = new.stage.as_deref().filter(|name| !name.is_empty()) {
                let stage = deployed(inner, api, name, &deployment.id, &new)?;
                stages::put(api, stage)?;
            } else if new.canary.is_some() {
                return Err(errors::bad("Stage name must be specified for canary deployments"));
            }
            Ok(deployment)
        };
        self.inner.change(caller, api, change).await
    }

    /// A deployment.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_deployment(&self, caller: &Caller, api: &str, id: &str) -> Result<Arc<Deployment>> {
        let api = self.inner.table.of(caller).api(api)?;
        api.deployments.get(id).cloned().ok_or_else(|| errors::missing("Deployment"))
    }

    /// A page of the deployments.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_deployments(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Arc<Deployment>>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.deployments.values().cloned(), |deployment| &deployment.id)
    }

    /// Changes a deployment's description.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_deployment(
        &self,
        caller: &Caller,
        api: &str,
        id: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Arc<Deployment>> {
        let change = move |_: &Inner, api: &mut Api| {
            let old = api.deployments.get(&id).ok_or_else(|| errors::missing("Deployment"))?;
            let shown = serde_json::json!({ "description": old.description });
            let patched = super::patch::patch(&shown, &operations, &[("/description", Kind::Text)])?;
            let description = patched.get("description").and_then(|d| d.as_str()).map(str::to_owned);
            let new = Arc::new(Deployment { description, ..Deployment::clone(old) });
            api.deployments.insert(id, Arc::clone(&new));
            Ok(new)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes a deployment.
    ///
    /// # Errors
    /// `NotFound`, or a stage serves it.
    pub async fn delete_deployment(&self, caller: &Caller, api: &str, id: String) -> Result<()> {
        let change = move |_: &Inner, api: &mut Api| {
            if !api.deployments.contains_key(&id) {
                return Err(errors::missing("Deployment"));
            }
            if served(api, &id) {
                return Err(errors::bad(
                    "Active stages pointing to this deployment must be moved or deleted",
                ));
            }
            api.deployments.remove(&id);
            Ok(())
        };
        self.inner.change(caller, api, change).await
    }
}

/// Whether a stage serves the deployment, to all or to some.
fn served(api: &Api, id: &str) -> bool {
    let canary = |stage: &Stage| stage.canary_settings.as_ref().and_then(|c| c.deployment_id.clone());
    api.stages.values().any(|stage| stage.deployment_id == id || canary(stage).as_deref() == Some(id))
}

fn complete(api: &Api) -> Result<()> {
    let mut methods =
        api.definition.resources.values().flat_map(|resource| resource.methods.values()).peekable();
    if methods.peek().is_none() {
        return Err(errors::bad("The REST API doesn't contain any methods"));
    }
    if methods.any(|method| method.method_integration.is_none()) {
        return Err(errors::bad("No integration defined for method"));
    }
    Ok(())
}

fn make_room(api: &mut Api) -> Result<()> {
    while api.deployments.len() >= MAX_DEPLOYMENTS {
        let idle = api.deployments.values().filter(|d| !served(api, &d.id));
        let oldest = idle.min_by_key(|d| d.created_date).map(|d| d.id.clone());
        let oldest = oldest.ok_or_else(|| errors::too_many("deployments for this API", MAX_DEPLOYMENTS))?;
        api.deployments.remove(&oldest);
    }
    Ok(())
}

/// The stage after a deployment to it.
fn deployed(inner: &Inner, api: &Api, name: &str, deployment: &str, new: &NewDeployment) -> Result<Stage> {
    let now = inner.clock.now();
    let old = api.stages.get(name);
    let mut stage = match (old, &new.canary) {
        (Some(old), Some(canary)) => Stage {
            canary_settings: Some(Canary { deployment_id: Some(deployment.to_owned()), ..canary.clone() }),
            ..Stage::clone(old)
        },
        (None, Some(_)) => {
            return Err(errors::bad("Canary deployments can only be made to a stage that exists"));
        }
        (Some(old), None) => Stage { deployment_id: deployment.to_owned(), ..Stage::clone(old) },
        (None, None) => Stage {
            stage_name: name.to_owned(),
            deployment_id: deployment.to_owned(),
            created_date: now,
            ..Stage::default()
        },
    };
    stage.last_updated_date = now;
    if let Some(description) = new.stage_description.clone().filter(|d| !d.is_empty()) {
        stage.description = Some(description);
    }
    if let Some(variables) = &new.variables {
        stage.variables.clone_from(variables);
    }
    stage.tracing_enabled = new.tracing_enabled.unwrap_or(stage.tracing_enabled);
    stage.cache_cluster_enabled = new.cache_cluster_enabled.unwrap_or(stage.cache_cluster_enabled);
    stage.cache_cluster_size = new.cache_cluster_size.clone().or(stage.cache_cluster_size);
    Ok(stage)
}
