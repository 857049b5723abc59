//! Methods of resources.

use super::{
    Inner, RestApis, errors,
    model::{Api, Method, Resource},
    patch::{Kind, PatchOperation, Rule, patch_members},
    resources,
};
use std::{collections::BTreeSet, sync::Arc};
use tinderbox_base::{Caller, Error, Result};

const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];

const RULES: [Rule; 7] = [
    ("/authorizationType", Kind::Text),
    ("/authorizerId", Kind::Text),
    ("/apiKeyRequired", Kind::Flag),
    ("/operationName", Kind::Text),
    ("/requestValidatorId", Kind::Text),
    ("/requestParameters/*", Kind::Flag),
    ("/requestModels/*", Kind::Text),
];

/// Which method is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodName {
    /// Of which API.
    pub api: String,
    /// Of which resource, by id.
    pub resource: String,
    /// The HTTP method, or `ANY`.
    pub http_method: String,
}

impl RestApis {
    /// Adds a method to a resource.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it exists, or it is none that can be.
    pub async fn put_method(&self, caller: &Caller, name: MethodName, method: Method) -> Result<Method> {
        let id = name.api.clone();
        let change = move |_: &Inner, api: &mut Api| {
            let method = method.normal();
            check(api, &method)?;
            let resource = resource(api, &name.resource)?;
            if resource.methods.contains_key(&method.http_method) {
                return Err(Error::conflict("Method already exists for this resource"));
            }
            resource.methods.insert(method.http_method.clone(), method.clone());
            Ok(method)
        };
        self.inner.change(caller, &id, change).await
    }

    /// A method.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_method(&self, caller: &Caller, name: &MethodName) -> Result<Method> {
        let api = self.inner.table.of(caller).api(&name.api)?;
        let resource = resources::find(&api, &name.resource)?;
        resource.methods.get(&name.http_method).cloned().ok_or_else(|| errors::missing("Method"))
    }

    /// Changes a method.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_method(
        &self,
        caller: &Caller,
        name: MethodName,
        operations: Vec<PatchOperation>,
    ) -> Result<Method> {
        let change = move |api: &Api, method: &mut Method| {
            *method = patch_members::<Method>(method, &operations, &RULES)?.normal();
            check(api, method)?;
            Ok(method.clone())
        };
        self.change_method(caller, name, change).await
    }

    /// Deletes a method.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_method(&self, caller: &Caller, name: MethodName) -> Result<()> {
        let id = name.api.clone();
        let change = move |_: &Inner, api: &mut Api| {
            let removed = resource(api, &name.resource)?.methods.remove(&name.http_method);
            removed.map(drop).ok_or_else(|| errors::missing("Method"))
        };
        self.inner.change(caller, &id, change).await
    }

    /// Changes a method that exists; `decide` sees the API as it was.
    pub(super) async fn change_method<R: Send + 'static>(
        &self,
        caller: &Caller,
        name: MethodName,
        decide: impl FnOnce(&Api, &mut Method) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let id = name.api.clone();
        let change = move |_: &Inner, api: &mut Api| {
            let before = api.clone();
            let found = resource(api, &name.resource)?.methods.get_mut(&name.http_method);
            decide(&before, found.ok_or_else(|| errors::missing("Method"))?)
        };
        self.inner.change(caller, &id, change).await
    }
}

/// A resource of `api`, to be changed.
fn resource<'a>(api: &'a mut Api, id: &str) -> Result<&'a mut Resource> {
    let found = api.definition.resources.get_mut(id).ok_or_else(|| errors::missing("Resource"))?;
    Ok(Arc::make_mut(found))
}

fn check(api: &Api, method: &Method) -> Result<()> {
    if !METHODS.contains(&method.http_method.as_str()) {
        return Err(errors::bad(format!(
            "Invalid HttpMethod specified. Valid options are {}",
            METHODS.join(",")
        )));
    }
    match method.authorization_type.as_str() {
        "NONE" | "AWS_IAM" => {}
        "CUSTOM" => {
            let known =
                method.authorizer_id.as_ref().is_some_and(|id| api.definition.authorizers.contains_key(id));
            if !known {
                return Err(errors::bad(
                    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or \
                     COGNITO_USER_POOLS requires a valid authorizer.",
                ));
            }
        }
        "COGNITO_USER_POOLS" => return Err(errors::absent("authorization by Cognito user pools")),
        _ => return Err(errors::bad("Invalid authorization type specified")),
    }
    let places = ["method.request.header.", "method.request.path.", "method.request.querystring."];
    let strange =
        |name: &&String| !places.iter().any(|p| name.strip_prefix(p).is_some_and(|n| !n.is_empty()));
    if let Some(name) = method.request_parameters.keys().find(strange) {
        return Err(errors::bad(format!(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {name}]"
        )));
    }
    let names = method.request_parameters.keys().map(|name| name.splitn(4, '.').last());
    if names.collect::<BTreeSet<_>>().len() < method.request_parameters.len() {
        return Err(errors::bad("Parameter names must be unique across querystring, header and path"));
    }
    check_references(api, method)
}

/// Whether the API has what the method names.
fn check_references(api: &Api, method: &Method) -> Result<()> {
    let definition = &api.definition;
    let validator = method.request_validator_id.as_ref().filter(|id| !id.is_empty());
    if validator.is_some_and(|id| !definition.validators.contains_key(id)) {
        return Err(errors::bad("Invalid Request Validator identifier specified"));
    }
    match method.request_models.values().find(|model| !definition.models.contains_key(*model)) {
        Some(model) => Err(errors::bad(format!("Invalid model identifier specified: {model}"))),
        None => Ok(()),
    }
}
