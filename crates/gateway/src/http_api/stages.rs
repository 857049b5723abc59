//! Stages: what of an API can be called.

use super::{
    HttpApis, Inner, apis, errors,
    model::{AccessLog, Api, RouteSettings, Stage, Texts},
    page::PageRequest,
};
use crate::access_log::log_group;
use crate::page::Page;
use crate::tags;
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{Caller, Result};

/// The stage without a segment in paths.
pub(super) const DEFAULT: &str = "$default";
/// Stages of an API (quotas: stages per API, 10).
const MAX_STAGES: usize = 10;
/// Bytes of all names and values of variables together.
const MAX_VARIABLES_BYTES: usize = 64 * 1024;

/// What a stage is to be; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct StageChange {
    /// What it is for.
    pub description: Option<String>,
    /// What it serves.
    pub deployment_id: Option<String>,
    /// Whether it serves every change at once.
    pub auto_deploy: Option<bool>,
    /// Values that integrations may use.
    pub stage_variables: Option<Texts>,
    /// How often any route may be called.
    pub default_route_settings: Option<RouteSettings>,
    /// How often single routes may be called.
    pub route_settings: Option<BTreeMap<String, RouteSettings>>,
    /// Where requests are written down.
    pub access_log: Option<AccessLog>,
    /// A certificate for integrations.
    pub client_certificate_id: Option<String>,
    /// Its tags; only of a new one.
    pub tags: Texts,
}

impl HttpApis {
    /// Makes a stage.
    ///
    /// # Errors
    /// `NotFound`, or the stage is none that can be, or there is such a one.
    pub async fn create_stage(
        &self,
        caller: &Caller,
        api: &str,
        name: &str,
        new: StageChange,
    ) -> Result<Stage> {
        let name = name.to_owned();
        let change = move |inner: &Inner, api: &mut Api| {
            check_name(&name)?;
            tags::check(&new.tags)?;
            if api.stages.contains_key(&name) {
                return Err(tinderbox_base::Error::conflict(format!("Stage already exists: {name}")));
            }
            if api.stages.len() >= MAX_STAGES {
                return Err(errors::too_many("stages", MAX_STAGES));
            }
            let now = inner.clock.now();
            let stage = Stage {
                stage_name: name.clone(),
                created_date: now,
                last_updated_date: now,
                tags: new.tags.clone(),
                ..Stage::default()
            };
            let stage = applied(api, stage, new)?;
            api.stages.insert(name.clone(), Arc::new(stage));
            Ok(name)
        };
        let name = self.inner.change(caller, api, change).await?;
        self.get_stage(caller, api, &name)
    }

    /// A stage.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_stage(&self, caller: &Caller, api: &str, name: &str) -> Result<Stage> {
        let api = self.inner.table.of(caller).api(api)?;
        api.stages.get(name).map(|stage| Stage::clone(stage)).ok_or_else(|| errors::missing("Stage", name))
    }

    /// A page of an API's stages.
    ///
    /// # Errors
    /// `NotFound`, or the page is none.
    pub fn list_stages(&self, caller: &Caller, api: &str, page: &PageRequest) -> Result<Page<Stage>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.stages.values().map(|stage| Stage::clone(stage)), |stage| &stage.stage_name)
    }

    /// Changes a stage.
    ///
    /// # Errors
    /// `NotFound`, or the stage is none that can be.
    pub async fn update_stage(
        &self,
        caller: &Caller,
        api: &str,
        name: &str,
        new: StageChange,
    ) -> Result<Stage> {
        let change = move |api: &Api, stage: Stage| applied(api, stage, new);
        self.restage(caller, api, name, change).await
    }

    /// Deletes a stage.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_stage(&self, caller: &Caller, api: &str, name: &str) -> Result<()> {
        let name = name.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            api.stages.remove(&name).map(drop).ok_or_else(|| errors::missing("Stage", &name))
        };
        self.inner.change(caller, api, change).await
    }

    /// Writes down a stage's requests no more.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_access_log(&self, caller: &Caller, api: &str, stage: &str) -> Result<()> {
        let change = |_: &Api, stage: Stage| Ok(Stage { access_log: None, ..stage });
        self.restage(caller, api, stage, change).await.map(drop)
    }

    /// Lets a route of a stage be called as often as any other.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_route_settings(
        &self,
        caller: &Caller,
        api: &str,
        stage: &str,
        route_key: &str,
    ) -> Result<()> {
        let key = route_key.to_owned();
        let change = move |_: &Api, mut stage: Stage| match stage.route_settings.remove(&key) {
            Some(_) => Ok(stage),
            None => Err(errors::missing("Route Settings", &key)),
        };
        self.restage(caller, api, stage, change).await.map(drop)
    }

    async fn restage(
        &self,
        caller: &Caller,
        api: &str,
        name: &str,
        change: impl FnOnce(&Api, Stage) -> Result<Stage> + Send + 'static,
    ) -> Result<Stage> {
        let key = name.to_owned();
        let change = move |inner: &Inner, api: &mut Api| {
            let old = api.stages.get(&key).ok_or_else(|| errors::missing("Stage", &key))?;
            let mut stage = change(api, Stage::clone(old))?;
            stage.last_updated_date = inner.clock.now();
            api.stages.insert(key, Arc::new(stage));
            Ok(())
        };
        self.inner.change(caller, api, change).await?;
        self.get_stage(caller, api, name)
    }
}

fn applied(api: &Api, mut own: Stage, new: StageChange) -> Result<Stage> {
    if let Some(id) = new.deployment_id {
        if !api.deployments.contains_key(&id) {
            return Err(errors::missing("Deployment", &id));
        }
        if new.auto_deploy.unwrap_or(own.auto_deploy) {
            return Err(errors::bad("Deployment ID cannot be set on stages with AutoDeploy enabled"));
        }
        own.deployment_id = Some(id);
    }
    if let Some(auto) = new.auto_deploy {
        if auto && !own.auto_deploy {
            // What it serves from now on is what the API is now.
            own.deployment_id = None;
        }
        own.auto_deploy = auto;
    }
    if let Some(changes) = new.stage_variables {
        // An update adds to what there is, and removes what it gives no value (UpdateStage, `stageVariables`).
        let mut variables = own.stage_variables;
        for (name, value) in changes {
            if value.is_empty() {
                variables.remove(&name);
            } else {
                variables.insert(name, value);
            }
        }
        let sound =
            |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        let wrong = |(name, value): &(&String, &String)| {
            name.is_empty() || !sound(name, "_") || !sound(value, "-._~:/?#&=,")
        };
        if let Some((name, _)) = variables.iter().find(wrong) {
            return Err(errors::bad(format!(
                "Stage variable {name} has a name or value with a character that is not allowed"
            )));
        }
        if variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_VARIABLES_BYTES
        {
            return Err(errors::bad(format!("Stage variables take more than {MAX_VARIABLES_BYTES} bytes")));
        }
        own.stage_variables = variables;
    }
    if let Some(log) = new.access_log {
        if log_group(log.destination_arn.as_deref().unwrap_or_default()).is_none() {
            return Err(errors::bad("Access Log destination must be the ARN of a CloudWatch Logs log group"));
        }
        own.access_log = Some(log);
    }
    own.default_route_settings = new.default_route_settings.unwrap_or(own.default_route_settings);
    if let Some(settings) = new.route_settings {
        let keys = |key: &&String| api.definition.routes.values().any(|route| route.route_key == **key);
        if let Some(key) = settings.keys().find(|key| !keys(key)) {
            return Err(errors::missing("Route", key));
        }
        own.route_settings = settings;
    }
    let all = std::iter::once(&own.default_route_settings).chain(own.route_settings.values());
    let negative = |s: &RouteSettings| {
        s.throttling_burst_limit.is_some_and(|n| n < 0)
            || s.throttling_rate_limit.is_some_and(|x| x.is_nan() || x < 0.0)
    };
    if all.into_iter().any(negative) {
        return Err(errors::bad("Throttling limits must not be negative"));
    }
    own.client_certificate_id = new.client_certificate_id.or(own.client_certificate_id);
    apis::check_description(new.description.as_deref().unwrap_or_default())?;
    own.description = new.description.or(own.description);
    Ok(own)
}

fn check_name(name: &str) -> Result<()> {
    let sound = name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if name == DEFAULT || (sound && !name.is_empty()) {
        return Ok(());
    }
    Err(errors::bad("Stage name must be $default or 1 to 128 of a-z, A-Z, 0-9, '_' and '-'"))
}
