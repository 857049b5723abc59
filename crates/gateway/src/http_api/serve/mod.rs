//! APIs as requests meet them.

mod answer;
mod authorize;
mod claims;
mod context;
mod event;
mod exchange;
mod failed;
mod finish;
mod function;
mod identity;
mod issuer;
mod jwt;
mod lambda_authorizer;
mod mapped;
mod runtime;
mod signed;
mod upstream;

pub(crate) use answer::{Answer, Defaults};
pub(crate) use context::write_signer;
pub(crate) use event::{Event, RawPath};
pub(super) use identity::is_sound as source_is_sound;
pub(super) use runtime::Runtime;

use super::{
    integrations,
    model::{Api, Authorizer, Definition, Integration, Route, Stage},
    route_key::RouteKey,
};
use crate::{
    access_log::AccessLog, call::Call, edge::Served, json, outgoing::Outgoing, paths::Paths,
    upstream::Upstream,
};
use exchange::Exchange;
use http::Response;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::{Arn, Clock, LogSink, Random, Targets};

/// What serving an API needs, whichever it is.
pub(super) struct Edge {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) targets: Arc<Targets>,
    pub(super) log_sink: Arc<dyn LogSink>,
    pub(super) upstream: Upstream,
    /// How long an integration may take at most.
    pub(super) timeout: Duration,
}

/// An API as it is served: an immutable picture.
pub(super) struct ServedApi {
    edge: Arc<Edge>,
    api: Arc<Api>,
    runtime: Arc<Runtime>,
    stages: HashMap<String, Arc<StageLive>>,
}

/// A stage as it is served: its routes in a tree.
struct StageLive {
    stage: Arc<Stage>,
    definition: Arc<Definition>,
    deployment_id: String,
    paths: Paths<BTreeMap<String, Arc<RouteLive>>>,
    default: Option<Arc<RouteLive>>,
    /// The stage's variables as JSON; null if there are none.
    variables_json: Vec<u8>,
    access_log: Option<AccessLog>,
}

/// A route with all that it names.
struct RouteLive {
    route: Route,
    integration: Option<Integration>,
    authorizer: Option<Authorizer>,
    /// The function that it calls, if it is one and always the same.
    function: Option<Arn>,
}

impl ServedApi {
    /// The picture of `api` as it is now.
    pub(super) fn new(edge: &Arc<Edge>, api: &Arc<Api>, runtime: &Arc<Runtime>) -> Self {
        let live = |(name, stage): (&String, &Arc<Stage>)| {
            Some((name.clone(), Arc::new(StageLive::new(api, stage)?)))
        };
        let stages = api.stages.iter().filter_map(live).collect();
        Self { edge: Arc::clone(edge), api: Arc::clone(api), runtime: Arc::clone(runtime), stages }
    }
}

impl StageLive {
    fn new(api: &Api, stage: &Arc<Stage>) -> Option<Self> {
        let deployment = api.deployments.get(stage.deployment_id.as_ref()?)?;
        let definition = Arc::clone(&deployment.definition);
        let (mut paths, mut default) = (Paths::default(), None);
        for route in definition.routes.values() {
            let live = Arc::new(RouteLive::new(&definition, route));
            match RouteKey::parse(&route.route_key) {
                Ok(RouteKey::Default) => default = Some(live),
                Ok(RouteKey::Path { method, path }) => {
                    let methods: &mut BTreeMap<String, Arc<RouteLive>> = paths.entry(path, BTreeMap::new);
                    methods.insert(method.to_owned(), live);
                }
                // It was checked when it was stored.
                Err(_) => {}
            }
        }
        let access_log = stage.access_log.as_ref().and_then(|log| {
            let (format, destination) = (log.format.as_deref(), log.destination_arn.as_deref());
            AccessLog::of(format, destination, api.id(), &stage.stage_name)
        });
        let mut variables_json = Vec::new();
        let pairs = stage.stage_variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        json::last_values(pairs, &mut variables_json);
        let (stage, deployment_id) = (Arc::clone(stage), deployment.id.clone());
        Some(Self { stage, definition, deployment_id, paths, default, variables_json, access_log })
    }
}

impl RouteLive {
    fn new(definition: &Definition, route: &Route) -> Self {
        let target = route.target.as_deref().and_then(|target| target.strip_prefix("integrations/"));
        let integration = target.and_then(|id| definition.integrations.get(id)).cloned();
        let authorizer = route.authorizer_id.as_ref().and_then(|id| definition.authorizers.get(id)).cloned();
        let function = integration.as_ref().and_then(|integration| {
            let uri = integration.integration_uri.as_deref()?;
            // A name with a variable in it parses as well, but is not the function's.
            if uri.contains("${") { None } else { integrations::function(uri) }
        });
        Self { route: route.clone(), integration, authorizer, function }
    }
}

#[async_trait::async_trait]
impl Served for ServedApi {
    async fn serve(self: Arc<Self>, call: Call) -> Response<Outgoing> {
        Exchange::new(self, call).run().await.map(Outgoing::Whole)
    }
}
