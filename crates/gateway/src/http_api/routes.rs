//! Routes.

use super::{
    HttpApis, Inner, errors,
    model::{Api, Route},
    page::PageRequest,
    route_key::RouteKey,
};
use crate::ids;
use crate::page::Page;
use tinderbox_base::{Caller, Result};

/// Routes of an API (quotas: routes per API, 300).
const MAX_ROUTES: usize = 300;
/// Scopes of a route (API Gateway v2 API: ten).
const MAX_SCOPES: usize = 10;

/// What a route is to be; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct RouteChange {
    /// Its key.
    pub route_key: Option<String>,
    /// `integrations/ID`.
    pub target: Option<String>,
    /// `NONE`, `AWS_IAM`, `JWT` or `CUSTOM`.
    pub authorization_type: Option<String>,
    /// Who is asked.
    pub authorizer_id: Option<String>,
    /// Scopes of which a token needs one.
    pub authorization_scopes: Option<Vec<String>>,
    /// Whether a key is needed.
    pub api_key_required: Option<bool>,
    /// A name for tools.
    pub operation_name: Option<String>,
}

impl HttpApis {
    /// Makes a route.
    ///
    /// # Errors
    /// `NotFound`, or the route is none that can be, or there is such a one.
    pub async fn create_route(&self, caller: &Caller, api: &str, new: RouteChange) -> Result<Route> {
        let change = move |inner: &Inner, api: &mut Api| {
            if api.definition.routes.len() >= MAX_ROUTES {
                return Err(errors::too_many("routes", MAX_ROUTES));
            }
            let route = Route { authorization_type: "NONE".into(), ..Route::default() };
            let mut route = applied(route, new);
            check(api, &route)?;
            route.id = ids::part(&*inner.random);
            while api.definition.routes.contains_key(&route.id) {
                route.id = ids::part(&*inner.random);
            }
            api.definition.routes.insert(route.id.clone(), route.clone());
            Ok(route)
        };
        self.inner.change(caller, api, change).await
    }

    /// A route.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_route(&self, caller: &Caller, api: &str, id: &str) -> Result<Route> {
        let api = self.inner.table.of(caller).api(api)?;
        api.definition.routes.get(id).cloned().ok_or_else(|| errors::missing("Route", id))
    }

    /// A page of an API's routes.
    ///
    /// # Errors
    /// `NotFound`, or the page is none.
    pub fn list_routes(&self, caller: &Caller, api: &str, page: &PageRequest) -> Result<Page<Route>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.routes.values().cloned(), |route| &route.id)
    }

    /// Changes a route.
    ///
    /// # Errors
    /// `NotFound`, or the route is none that can be.
    pub async fn update_route(
        &self,
        caller: &Caller,
        api: &str,
        id: &str,
        new: RouteChange,
    ) -> Result<Route> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            let old = api.definition.routes.get(&id).cloned().ok_or_else(|| errors::missing("Route", &id))?;
            let route = applied(old, new);
            check(api, &route)?;
            api.definition.routes.insert(id, route.clone());
            Ok(route)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes a route.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_route(&self, caller: &Caller, api: &str, id: &str) -> Result<()> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            api.definition.routes.remove(&id).map(drop).ok_or_else(|| errors::missing("Route", &id))
        };
        self.inner.change(caller, api, change).await
    }
}

fn applied(mut route: Route, new: RouteChange) -> Route {
    route.route_key = new.route_key.unwrap_or(route.route_key);
    route.target = new.target.or(route.target);
    route.authorization_scopes = new.authorization_scopes.unwrap_or(route.authorization_scopes);
    route.api_key_required = new.api_key_required.unwrap_or(route.api_key_required);
    route.operation_name = new.operation_name.or(route.operation_name);
    route.authorizer_id = new.authorizer_id.or(route.authorizer_id);
    if let Some(kind) = new.authorization_type {
        if matches!(kind.as_str(), "NONE" | "AWS_IAM") {
            route.authorizer_id = None;
            route.authorization_scopes = Vec::new();
        }
        route.authorization_type = kind;
    }
    route
}

/// Refuses a route that cannot be, or that is there already.
fn check(api: &Api, route: &Route) -> Result<()> {
    let key = RouteKey::parse(&route.route_key)?.normal();
    let same = |other: &&Route| {
        other.id != route.id && RouteKey::parse(&other.route_key).is_ok_and(|other| other.normal() == key)
    };
    if api.definition.routes.values().any(|other| same(&other)) {
        let message = format!("Route with key {} already exists for this API", route.route_key);
        return Err(tinderbox_base::Error::conflict(message));
    }
    if let Some(target) = &route.target {
        let integration = target.strip_prefix("integrations/");
        if !integration.is_some_and(|id| api.definition.integrations.contains_key(id)) {
            return Err(errors::bad(format!(
                "Invalid target specified {target}: there is no such integration"
            )));
        }
    }
    if route.authorization_scopes.len() > MAX_SCOPES {
        return Err(errors::too_many("scopes of a route", MAX_SCOPES));
    }
    let needs = match route.authorization_type.as_str() {
        "NONE" | "AWS_IAM" => return Ok(()),
        "JWT" => "JWT",
        "CUSTOM" => "REQUEST",
        other => return Err(errors::bad(format!("Invalid authorization type specified {other}"))),
    };
    let authorizer = route.authorizer_id.as_ref().and_then(|id| api.definition.authorizers.get(id));
    match authorizer {
        Some(authorizer) if authorizer.authorizer_type == needs => Ok(()),
        Some(_) => Err(errors::bad("Authorizer type doesn't match the authorization type of the route")),
        None => Err(errors::bad(format!(
            "Authorizer specified {} doesn't exist for this API",
            route.authorizer_id.as_deref().unwrap_or("null")
        ))),
    }
}
