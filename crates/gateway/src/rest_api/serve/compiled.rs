//! A deployment as it is served: its routes in a tree, and what can be known beforehand of each.

use super::binary::BinaryTypes;
use crate::{
    function::function_of,
    paths::Paths,
    rest_api::{
        model::{Definition, Deployment, IntegrationKind, Method, Model},
        resource_policy,
        schema::Schemas,
    },
};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{Arn, policy::Policy};

/// What `ANY` stands for.
const ANY: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A deployment, compiled once.
#[derive(Debug)]
pub(in crate::rest_api) struct Compiled {
    /// Its id.
    pub(super) id: String,
    /// What it is a picture of.
    pub(super) definition: Arc<Definition>,
    /// Which bodies are bytes.
    pub(super) binary: BinaryTypes,
    /// The schemas of its models by name.
    pub(super) schemas: Schemas,
    /// Who may call; none if that is for the methods alone to say.
    pub(super) policy: Option<Policy>,
    paths: Paths<BTreeMap<String, Arc<Route>>>,
}

/// One method of one resource.
#[derive(Debug)]
pub(super) struct Route {
    /// The resource.
    pub(super) resource_id: String,
    /// Its path, a template.
    pub(super) path: String,
    /// The method.
    pub(super) method: Method,
    /// The function that it calls, if it is one and always the same.
    pub(super) function: Option<Arn>,
}

/// A route and the texts of the path's parameters.
pub(super) struct Routed {
    pub(super) route: Arc<Route>,
    pub(super) params: Vec<(String, String)>,
}

impl Compiled {
    /// Compiles a deployment. Resources without methods lead nowhere and are left out.
    pub(in crate::rest_api) fn new(deployment: &Deployment) -> Self {
        let definition = Arc::clone(&deployment.definition);
        let mut paths = Paths::default();
        for resource in definition.resources.values().filter(|resource| !resource.methods.is_empty()) {
            let routes: &mut BTreeMap<String, Arc<Route>> = paths.entry(&resource.path, BTreeMap::new);
            for (name, method) in &resource.methods {
                let route = Route {
                    resource_id: resource.id.clone(),
                    path: resource.path.clone(),
                    method: method.clone(),
                    function: function(method),
                };
                routes.insert(name.clone(), Arc::new(route));
            }
        }
        let binary = BinaryTypes::new(&definition.settings.binary_media_types);
        let schema = |(name, model): (&String, &_)| Some((name.clone(), schema_of(model)?));
        let schemas = definition.models.iter().filter_map(schema).collect();
        let policy = definition.settings.policy.as_deref().map(resource_policy::parsed);
        Self { id: deployment.id.clone(), definition, binary, schemas, policy, paths }
    }

    /// The route for a request: the best of the resources that have the method.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Routed> {
        let any = || ANY.contains(&method).then_some("ANY");
        let found = self.paths.find(path, |own| own.get(method).or_else(|| own.get(any()?)))?;
        let params = found.params.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Some(Routed { route: Arc::clone(found.value), params: params.collect() })
    }
}

fn schema_of(model: &Model) -> Option<serde_json::Value> {
    serde_json::from_str(model.schema.as_deref()?).ok()
}

fn function(method: &Method) -> Option<Arn> {
    let integration = method.method_integration.as_ref()?;
    if integration.kind != IntegrationKind::AwsProxy {
        return None;
    }
    // A name with a variable in it parses as well, but is not the function's.
    let arn = function_of(integration.uri.as_deref()?)?;
    if arn.contains("${") { None } else { arn.parse().ok() }
}
