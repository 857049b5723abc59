//! APIs as requests meet them.

mod authorize;
mod authorizer;
mod aws;
mod binary;
mod caching;
mod compiled;
mod context;
mod exchange;
mod finish;
mod http;
mod lambda;
mod mapping;
mod metering;
mod mock;
mod runtime;
mod signed;
mod template_context;
pub(in crate::rest_api) mod testing;
mod trace;
mod trouble;
mod unpack;
mod validate;

pub(in crate::rest_api) use caching::Answers;
pub(in crate::rest_api) use compiled::Compiled;
pub(in crate::rest_api) use runtime::Runtime;
pub(in crate::rest_api) use trouble::Trouble;

use super::{
    keys::Place,
    model::{Api, Stage, Texts},
    table::Namespace,
};
use crate::{access_log::AccessLog, call::Call, edge::Served, json, outgoing::Outgoing, upstream::Upstream};
use ::http::Response;
use exchange::Exchange;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tinderbox_base::{Clock, LogSink, Random, Targets};

/// What serving an API needs, whichever it is.
pub(super) struct Edge {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) targets: Arc<Targets>,
    pub(super) log_sink: Arc<dyn LogSink>,
    pub(super) upstream: Upstream,
    /// Answers that are kept.
    pub(super) answers: Answers,
    /// How long an integration may take at most.
    pub(super) timeout: Duration,
}

/// An API as it is served: an immutable picture.
pub(super) struct ServedApi {
    edge: Arc<Edge>,
    namespace: Arc<Namespace>,
    api: Arc<Api>,
    runtime: Arc<Runtime>,
    stages: HashMap<String, Arc<StageLive>>,
}

/// A stage as it is served.
pub(super) struct StageLive {
    stage: Arc<Stage>,
    base: Variant,
    /// Of how many requests in ten thousand, and what those get.
    canary: Option<(u64, Variant)>,
    access_log: Option<AccessLog>,
}

/// What one request to a stage gets.
pub(super) struct Variant {
    compiled: Arc<Compiled>,
    variables: Texts,
    /// The variables as JSON; null if there are none.
    variables_json: Vec<u8>,
}

impl ServedApi {
    /// The picture of `api` as it is now. What was compiled before and is among `known` is not compiled again.
    pub(super) fn new(
        edge: &Arc<Edge>,
        namespace: &Arc<Namespace>,
        api: &Arc<Api>,
        runtime: &Arc<Runtime>,
        known: &HashMap<String, Arc<Compiled>>,
    ) -> Self {
        let mut compiled = known.clone();
        let mut stages = HashMap::new();
        for (name, stage) in &api.stages {
            if let Some(live) = StageLive::new(api, stage, &mut compiled) {
                stages.insert(name.clone(), Arc::new(live));
            }
        }
        let (edge, namespace) = (Arc::clone(edge), Arc::clone(namespace));
        Self { edge, namespace, api: Arc::clone(api), runtime: Arc::clone(runtime), stages }
    }

    /// The deployments that its stages serve.
    pub(super) fn compiled(&self) -> HashMap<String, Arc<Compiled>> {
        let variants = self.stages.values().flat_map(|stage| {
            std::iter::once(&stage.base).chain(stage.canary.as_ref().map(|(_, variant)| variant))
        });
        variants.map(|variant| (variant.compiled.id.clone(), Arc::clone(&variant.compiled))).collect()
    }

    fn place(&self) -> &Place {
        &self.namespace.place
    }
}

impl StageLive {
    fn new(api: &Api, stage: &Arc<Stage>, known: &mut HashMap<String, Arc<Compiled>>) -> Option<Self> {
        let mut compile = |id: &str| {
            if let Some(found) = known.get(id) {
                return Some(Arc::clone(found));
            }
            let compiled = Arc::new(Compiled::new(api.deployments.get(id)?));
            known.insert(id.to_owned(), Arc::clone(&compiled));
            Some(compiled)
        };
        let base = Variant::new(compile(&stage.deployment_id)?, stage.variables.clone());
        let canary = stage.canary_settings.as_ref().and_then(|canary| {
            let compiled = compile(canary.deployment_id.as_deref().unwrap_or(&stage.deployment_id))?;
            let mut variables = stage.variables.clone();
            variables.extend(canary.stage_variable_overrides.clone());
            // A hundredth of a percent is the finest that is told apart.
            let weight = (canary.percent_traffic.clamp(0.0, 100.0) * 100.0).round() as u64;
            Some((weight, Variant::new(compiled, variables)))
        });
        let access_log = stage.access_log_settings.as_ref().and_then(|log| {
            let (format, destination) = (log.format.as_deref(), log.destination_arn.as_deref());
            AccessLog::of(format, destination, api.id(), &stage.stage_name)
        });
        Some(Self { stage: Arc::clone(stage), base, canary, access_log })
    }

    /// What a request gets: drawn at random, each for itself.
    fn draw(&self, random: &dyn Random) -> (&Variant, bool) {
        match &self.canary {
            Some((weight, variant)) if random.below(10_000) < *weight => (variant, true),
            _ => (&self.base, false),
        }
    }
}

impl Variant {
    fn new(compiled: Arc<Compiled>, variables: Texts) -> Self {
        let mut variables_json = Vec::new();
        let pairs = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        json::last_values(pairs, &mut variables_json);
        Self { compiled, variables, variables_json }
    }
}

#[async_trait::async_trait]
impl Served for ServedApi {
    async fn serve(self: Arc<Self>, call: Call) -> Response<Outgoing> {
        Exchange::new(self, call).run().await
    }
}
