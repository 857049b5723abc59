//! HTTP APIs themselves: create, read, update, delete.

use super::{
    HttpApis, Inner, cors, errors,
    integrations::{self, LAMBDA_TIMEOUT_MS},
    model::{Api, Cors, Definition, Integration, Route, Settings, Stage, Texts},
    page::PageRequest,
    route_key::{DEFAULT, RouteKey},
    stages,
};
use crate::ids;
use crate::page::Page;
use crate::tags;
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{Caller, Result};

/// APIs of one account in one region (quotas: APIs per Region, 600).
const MAX_APIS: usize = 600;
/// The longest name (API Gateway v2 API, `name`: between 1 and 128 characters).
const MAX_NAME: usize = 128;
/// The longest description (API Gateway v2 API, `description`: at most 1,024 characters).
pub(super) const MAX_DESCRIPTION: usize = 1024;
/// The longest version (API Gateway v2 API, `version`: between 1 and 64 characters).
const MAX_VERSION: usize = 64;

/// What a new API is to be.
#[derive(Clone, Debug, Default)]
pub struct NewApi {
    /// `HTTP`.
    pub protocol_type: String,
    /// Its settings.
    pub change: ApiChange,
    /// Its tags.
    pub tags: Texts,
}

/// Settings of an API; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ApiChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its version, a label.
    pub version: Option<String>,
    /// Which pages of other origins may call it.
    pub cors: Option<Cors>,
    /// Whether it is not reached by its own address.
    pub disable_execute_api_endpoint: Option<bool>,
    /// How requests choose a route; only the one way of HTTP APIs.
    pub route_selection_expression: Option<String>,
    /// A route, an integration and a stage made with it.
    pub quick: QuickCreate,
}

/// What CreateApi makes besides the API.
#[derive(Clone, Debug, Default)]
pub struct QuickCreate {
    /// A function's ARN or a server's address.
    pub target: Option<String>,
    /// The route's key; `$default` if it is none.
    pub route_key: Option<String>,
    /// The role to call the function as. Stored only.
    pub credentials_arn: Option<String>,
}

impl HttpApis {
    /// Makes an API, and with a target all that is needed to call it.
    ///
    /// # Errors
    /// A setting is none that can be, or there are too many APIs.
    pub async fn create_api(&self, caller: &Caller, new: NewApi) -> Result<Settings> {
        let inner = &self.inner;
        match new.protocol_type.as_str() {
            "HTTP" => {}
            "WEBSOCKET" => return Err(errors::absent("WebSocket APIs")),
            other => {
                return Err(errors::bad(format!(
                    "Invalid protocol specified. {other} is none of HTTP, WEBSOCKET"
                )));
            }
        }
        tags::check(&new.tags)?;
        let mut settings =
            Settings { created_date: inner.clock.now(), tags: new.tags, ..Settings::default() };
        let quick = new.change.quick.clone();
        apply(&mut settings, new.change)?;
        if settings.name.is_empty() {
            return Err(errors::bad("Name cannot be blank"));
        }
        settings.id = ids::api(&*inner.random);
        while inner.registry.has(&settings.id) {
            settings.id = ids::api(&*inner.random);
        }
        let mut api = Api {
            account: caller.account.clone(),
            region: caller.region.clone(),
            definition: Definition { settings: settings.clone(), ..Definition::default() },
            deployments: BTreeMap::new(),
            stages: BTreeMap::new(),
        };
        inner.quick_create(&mut api, quick)?;
        inner
            .alone(caller, move |inner, namespace| async move {
                if namespace.apis().len() >= MAX_APIS {
                    return Err(errors::too_many("APIs", MAX_APIS));
                }
                inner.commit(&namespace, None, api).await
            })
            .await?;
        Ok(settings)
    }

    /// An API.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_api(&self, caller: &Caller, id: &str) -> Result<Settings> {
        Ok(self.inner.table.of(caller).api(id)?.definition.settings.clone())
    }

    /// A page of the APIs.
    ///
    /// # Errors
    /// The page is none.
    pub fn list_apis(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Settings>> {
        let apis = self.inner.table.of(caller).apis();
        page.of(apis.into_iter().map(|api| api.definition.settings.clone()), |settings| &settings.id)
    }

    /// Changes an API's settings; with a target, the integration that was made with it too.
    ///
    /// # Errors
    /// `NotFound`, or a setting is none that can be.
    pub async fn update_api(&self, caller: &Caller, id: &str, change: ApiChange) -> Result<Settings> {
        let change = move |_: &Inner, api: &mut Api| {
            let quick = change.quick.clone();
            apply(&mut api.definition.settings, change)?;
            requick(api, quick)?;
            Ok(api.definition.settings.clone())
        };
        self.inner.change(caller, id, change).await
    }

    /// Deletes an API with all that belongs to it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_api(&self, caller: &Caller, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.inner
            .alone(caller, move |inner, namespace| async move {
                let live = namespace.live(&id)?;
                inner.erase(&namespace, &live).await
            })
            .await
    }

    /// Makes an API callable by no other origin's pages.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_cors(&self, caller: &Caller, id: &str) -> Result<()> {
        let change = |_: &Inner, api: &mut Api| {
            api.definition.settings.cors = None;
            Ok(())
        };
        self.inner.change(caller, id, change).await
    }
}

impl Inner {
    /// Makes the route, the integration and the stage that a target asks for.
    fn quick_create(&self, api: &mut Api, quick: QuickCreate) -> Result<()> {
        let Some(target) = quick.target else {
            if quick.route_key.is_some() || quick.credentials_arn.is_some() {
                return Err(errors::bad("A target must be specified with routeKey or credentialsArn"));
            }
            return Ok(());
        };
        let (integration, route) = (ids::part(&*self.random), ids::part(&*self.random));
        let key = quick.route_key.unwrap_or_else(|| DEFAULT.into());
        RouteKey::parse(&key)?;
        let made = Integration {
            id: integration.clone(),
            connection_type: "INTERNET".into(),
            credentials_arn: quick.credentials_arn,
            managed: true,
            ..aimed(&target)?
        };
        let made_route = Route {
            id: route.clone(),
            route_key: key,
            target: Some(format!("integrations/{integration}")),
            authorization_type: "NONE".into(),
            managed: true,
            ..Route::default()
        };
        api.definition.integrations.insert(integration, made);
        api.definition.routes.insert(route, made_route);
        let now = self.clock.now();
        let stage = Stage {
            stage_name: stages::DEFAULT.into(),
            auto_deploy: true,
            created_date: now,
            last_updated_date: now,
            managed: true,
            ..Stage::default()
        };
        api.stages.insert(stages::DEFAULT.into(), Arc::new(stage));
        let empty = Api { definition: Definition::default(), stages: BTreeMap::new(), ..api.clone() };
        self.deploy_changes(&empty, api);
        Ok(())
    }
}

/// The integration with a function or a server.
fn aimed(target: &str) -> Result<Integration> {
    let function = target.starts_with("arn:");
    let integration = Integration {
        integration_type: if function { "AWS_PROXY" } else { "HTTP_PROXY" }.into(),
        integration_method: Some(if function { "POST" } else { "ANY" }.into()),
        integration_uri: Some(target.into()),
        payload_format_version: if function { "2.0" } else { "1.0" }.into(),
        timeout_in_millis: LAMBDA_TIMEOUT_MS,
        ..Integration::default()
    };
    integrations::check(&integration)?;
    Ok(integration)
}

/// Changes what was made with an API.
fn requick(api: &mut Api, quick: QuickCreate) -> Result<()> {
    let missing = || errors::bad("The API was not created with a target, so its target cannot be updated");
    if quick.target.is_some() || quick.credentials_arn.is_some() {
        let own = api.definition.integrations.values_mut().find(|integration| integration.managed);
        let own = own.ok_or_else(missing)?;
        if let Some(target) = quick.target {
            let aimed = aimed(&target)?;
            *own = Integration {
                id: own.id.clone(),
                connection_type: own.connection_type.clone(),
                credentials_arn: own.credentials_arn.take(),
                managed: true,
                ..aimed
            };
        }
        own.credentials_arn = quick.credentials_arn.or_else(|| own.credentials_arn.take());
    }
    if let Some(key) = quick.route_key {
        RouteKey::parse(&key)?;
        let own = api.definition.routes.values_mut().find(|route| route.managed);
        own.ok_or_else(missing)?.route_key = key;
    }
    Ok(())
}

fn apply(settings: &mut Settings, change: ApiChange) -> Result<()> {
    if let Some(name) = change.name {
        if name.trim().is_empty() || name.len() > MAX_NAME {
            return Err(errors::bad(format!("Name must be between 1 and {MAX_NAME} characters long")));
        }
        settings.name = name;
    }
    if let Some(version) = change.version {
        if version.len() > MAX_VERSION {
            return Err(errors::bad(format!("Version must be at most {MAX_VERSION} characters long")));
        }
        settings.version = Some(version);
    }
    if let Some(description) = change.description {
        check_description(&description)?;
        settings.description = Some(description);
    }
    if let Some(cors) = change.cors {
        cors::check(&cors)?;
        settings.cors = Some(cors);
    }
    if let Some(expression) = change.route_selection_expression {
        let only = ["${request.method} ${request.path}", "$request.method $request.path"];
        if !only.contains(&expression.as_str()) {
            return Err(errors::bad(format!("RouteSelectionExpression for HTTP API must be {}", only[0])));
        }
    }
    settings.disable_execute_api_endpoint =
        change.disable_execute_api_endpoint.unwrap_or(settings.disable_execute_api_endpoint);
    Ok(())
}

/// Refuses descriptions that are too long.
pub(super) fn check_description(description: &str) -> Result<()> {
    if description.len() > MAX_DESCRIPTION {
        return Err(errors::bad(format!("Description must be at most {MAX_DESCRIPTION} characters long")));
    }
    Ok(())
}
