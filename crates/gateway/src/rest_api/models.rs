//! Models of bodies.

use super::{
    Inner, RestApis, errors,
    model::{Api, Model},
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, replace},
};
use crate::ids;
use crate::page::Page;
use serde_json::Value;
use std::collections::BTreeMap;
use tinderbox_base::{Caller, Error, Random, Result};

/// Models of one API (quotas: models per API, 400).
const MAX_MODELS: usize = 400;
/// Bytes of one schema (quotas: model size, 400 KB).
const MAX_SCHEMA: usize = 400 * 1024;

const RULES: [Rule; 2] = [("/description", Kind::Text), ("/schema", Kind::Text)];

impl RestApis {
    /// Adds a model to an API.
    ///
    /// # Errors
    /// `NotFound`, it is none that can be, or there is one of that name.
    pub async fn create_model(&self, caller: &Caller, api: &str, new: Model) -> Result<Model> {
        let change = move |inner: &Inner, api: &mut Api| {
            let mut new = new;
            check(&new)?;
            if api.definition.models.contains_key(&new.name) {
                return Err(Error::conflict("Model name already exists for this REST API"));
            }
            if api.definition.models.len() >= MAX_MODELS {
                return Err(errors::too_many("models for this API", MAX_MODELS));
            }
            new.id = ids::part(&*inner.random);
            api.definition.models.insert(new.name.clone(), new.clone());
            Ok(new)
        };
        self.inner.change(caller, api, change).await
    }

    /// A model.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_model(&self, caller: &Caller, api: &str, name: &str) -> Result<Model> {
        let api = self.inner.table.of(caller).api(api)?;
        api.definition.models.get(name).cloned().ok_or_else(|| missing(name))
    }

    /// A page of the models.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_models(&self, caller: &Caller, api: &str, page: &PageRequest) -> Result<Page<Model>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.models.values().cloned(), |model| &model.name)
    }

    /// Changes a model.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_model(
        &self,
        caller: &Caller,
        api: &str,
        name: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Model> {
        let change = move |_: &Inner, api: &mut Api| {
            let found = api.definition.models.get_mut(&name).ok_or_else(|| missing(&name))?;
            let new: Model = replace(found, &operations, &RULES)?;
            check(&new)?;
            *found = new.clone();
            Ok(new)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes a model.
    ///
    /// # Errors
    /// `NotFound`, or a method uses it.
    pub async fn delete_model(&self, caller: &Caller, api: &str, name: String) -> Result<()> {
        let change = move |_: &Inner, api: &mut Api| {
            if let Some(user) = user(api, &name) {
                return Err(Error::conflict(format!(
                    "Cannot delete model '{name}', is referenced in {user}"
                )));
            }
            api.definition.models.remove(&name).map(drop).ok_or_else(|| missing(&name))
        };
        self.inner.change(caller, api, change).await
    }
}

/// The models that every new API has.
pub(super) fn defaults(random: &dyn Random) -> BTreeMap<String, Model> {
    let model = |name: &str, what: &str, schema: &str| Model {
        id: ids::part(random),
        name: name.into(),
        description: Some(format!("This is a default {what} schema model")),
        schema: Some(schema.into()),
        content_type: Some("application/json".into()),
    };
    const EMPTY: &str = r#"{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
}"#;
    const ERROR: &str = r#"{
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
}"#;
    let models = [model("Empty", "empty", EMPTY), model("Error", "error", ERROR)];
    models.into_iter().map(|model| (model.name.clone(), model)).collect()
}

/// What refers to a model: a method's request, or one of its responses.
fn user(api: &Api, model: &str) -> Option<String> {
    let mut methods = api.definition.resources.values().flat_map(|resource| {
        resource
            .methods
            .values()
            .map(move |method| (format!("{}/{}", resource.path, method.http_method), method))
    });
    methods.find_map(|(place, method)| {
        if method.request_models.values().any(|used| used == model) {
            return Some(format!("method request: {place}"));
        }
        let mut responses = method.method_responses.values();
        let uses = responses.any(|response| response.response_models.values().any(|used| used == model));
        uses.then(|| format!("method response: {place}"))
    })
}

fn missing(name: &str) -> Error {
    Error::not_found(format!("Invalid model name specified: {name}"))
}

fn check(model: &Model) -> Result<()> {
    if model.name.is_empty() {
        return Err(errors::bad("Model name must be non-empty"));
    }
    if !model.name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(errors::bad("Model name must be alphanumeric"));
    }
    let schema = model.schema.as_deref().unwrap_or_default();
    if schema.len() > MAX_SCHEMA {
        return Err(errors::bad(format!("Model schema must be at most {MAX_SCHEMA} bytes")));
    }
    if schema.trim().is_empty() {
        return Err(errors::bad("Model schema must have at least 1 property or array items defined"));
    }
    if !matches!(serde_json::from_str(schema), Ok(Value::Object(_))) {
        return Err(errors::bad("Invalid model schema specified. Model schema must be JSON"));
    }
    Ok(())
}
