//! Deployments: pictures of an API that never change.

use super::{
    HttpApis, Inner, apis, errors,
    model::{Api, Deployment},
    page::PageRequest,
};
use crate::page::Page;
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// Deployments of an API that stay (the service names no number for HTTP APIs; a REST API has no more either).
const MAX_DEPLOYMENTS: usize = 400;

/// What a new deployment is to be.
#[derive(Clone, Debug, Default)]
pub struct NewDeployment {
    /// What it is for.
    pub description: Option<String>,
    /// A stage that serves it at once.
    pub stage_name: Option<String>,
}

impl HttpApis {
    /// Takes a picture of an API.
    ///
    /// # Errors
    /// `NotFound`, or the API has no routes, or the stage deploys by itself.
    pub async fn create_deployment(
        &self,
        caller: &Caller,
        api: &str,
        new: NewDeployment,
    ) -> Result<Arc<Deployment>> {
        let change = move |inner: &Inner, api: &mut Api| {
            apis::check_description(new.description.as_deref().unwrap_or_default())?;
            if api.definition.routes.is_empty() {
                return Err(errors::bad("At least one route is required before deploying the Api."));
            }
            if api.deployments.len() >= MAX_DEPLOYMENTS {
                return Err(errors::too_many("deployments", MAX_DEPLOYMENTS));
            }
            let deployment = Arc::new(inner.picture(api, new.description, false));
            if let Some(name) = new.stage_name {
                let stage = api.stages.get_mut(&name).ok_or_else(|| errors::missing("Stage", &name))?;
                if stage.auto_deploy {
                    return Err(errors::bad("Deployment ID cannot be set on stages with AutoDeploy enabled"));
                }
                let stage = Arc::make_mut(stage);
                stage.deployment_id = Some(deployment.id.clone());
                stage.last_updated_date = deployment.created_date;
            }
            api.deployments.insert(deployment.id.clone(), Arc::clone(&deployment));
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
        api.deployments.get(id).cloned().ok_or_else(|| errors::missing("Deployment", id))
    }

    /// A page of an API's deployments.
    ///
    /// # Errors
    /// `NotFound`, or the page is none.
    pub fn list_deployments(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Arc<Deployment>>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.deployments.values().cloned(), |deployment| &deployment.id)
    }

    /// Describes a deployment anew.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn update_deployment(
        &self,
        caller: &Caller,
        api: &str,
        id: &str,
        description: Option<String>,
    ) -> Result<Arc<Deployment>> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            apis::check_description(description.as_deref().unwrap_or_default())?;
            let own = api.deployments.get_mut(&id).ok_or_else(|| errors::missing("Deployment", &id))?;
            if description.is_some() {
                Arc::make_mut(own).description = description;
            }
            Ok(Arc::clone(own))
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes a deployment that no stage serves.
    ///
    /// # Errors
    /// `NotFound`, or a stage serves it.
    pub async fn delete_deployment(&self, caller: &Caller, api: &str, id: &str) -> Result<()> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            if !api.deployments.contains_key(&id) {
                return Err(errors::missing("Deployment", &id));
            }
            if api.stages.values().any(|stage| stage.deployment_id.as_deref() == Some(&id)) {
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
