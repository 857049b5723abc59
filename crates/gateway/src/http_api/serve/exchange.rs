//! One request on its way through an API: what is known of it so far, and its steps.

use super::{
    RouteLive, ServedApi, StageLive, authorize, authorize::Authorization, failed::Failed, finish, function,
    mapped, upstream,
};
use crate::{call::Call, http_api::cors, http_api::stages::DEFAULT, throttle::Rate};
use bytes::Bytes;
use http::{Response, StatusCode};
use std::{sync::Arc, time::Duration};

/// A request and what became of it so far.
pub(super) struct Exchange {
    pub(super) served: Arc<ServedApi>,
    pub(super) call: Call,
    pub(super) query: Vec<(String, String)>,
    pub(super) stage: Option<Arc<StageLive>>,
    pub(super) route: Option<Arc<RouteLive>>,
    /// The parameters of the path, decoded.
    pub(super) params: Vec<(String, String)>,
    pub(super) authorization: Option<Authorization>,
    pub(super) failed: Option<Failed>,
    pub(super) integration_latency: Option<Duration>,
    pub(super) integration_status: Option<u16>,
    /// The status that a function told.
    pub(super) function_status: Option<u16>,
    /// Why an authorizer did not let the request pass.
    pub(super) authorizer_error: Option<String>,
}

impl Exchange {
    pub(super) fn new(served: Arc<ServedApi>, call: Call) -> Self {
        let query = call.query();
        Self {
            served,
            call,
            query,
            stage: None,
            route: None,
            params: Vec::new(),
            authorization: None,
            failed: None,
            integration_latency: None,
            integration_status: None,
            function_status: None,
            authorizer_error: None,
        }
    }

    /// Answers the request.
    pub(super) async fn run(mut self) -> Response<Bytes> {
        let answer = match self.answer().await {
            Ok(answer) => answer,
            Err(failed) => {
                let answer = finish::refusal(&self, &failed);
                self.failed = Some(failed);
                answer
            }
        };
        finish::finish(&self, answer)
    }

    async fn answer(&mut self) -> Result<Response<Bytes>, Failed> {
        let stage = self.enter()?;
        if let Some(cors) = &stage.definition.settings.cors
            && cors::is_preflight(&self.call.method, &self.call.headers)
        {
            let mut answer = Response::new(Bytes::new());
            *answer.status_mut() = StatusCode::NO_CONTENT;
            *answer.headers_mut() = cors::headers(cors, &self.call.headers, true);
            return Ok(answer);
        }
        let route = self.route.clone().ok_or_else(Failed::not_found)?;
        self.throttle(&stage, &route)?;
        if let Err(failed) = authorize::authorize(self, &stage, &route).await {
            self.authorizer_error.clone_from(&failed.reason);
            return Err(failed);
        }
        let integration = route.integration.as_ref();
        let integration = integration.ok_or_else(|| Failed::internal("the route has no integration"))?;
        mapped::request(self, &stage, integration);
        let started = self.served.edge.clock.monotonic();
        let mut answer = if integration.integration_type == "AWS_PROXY" {
            function::proxy(self, &stage, &route, integration).await
        } else {
            upstream::proxy(self, &stage, integration).await
        };
        let ended = self.served.edge.clock.monotonic();
        self.integration_latency = Some(ended.since(started));
        if let Ok(answer) = &mut answer {
            mapped::answer(self, &stage, integration, answer);
        }
        answer
    }

    /// Finds the stage and the route. The first segment of the path is a stage if one has that name; else the whole
    /// path is the `$default` stage's.
    fn enter(&mut self) -> Result<Arc<StageLive>, Failed> {
        let served = Arc::clone(&self.served);
        if served.api.definition.settings.disable_execute_api_endpoint {
            return Err(Failed::not_found());
        }
        let whole = self.call.path();
        let path = whole.strip_prefix('/').unwrap_or(whole);
        let name = path.split('/').next().unwrap_or_default();
        let (stage, path) = match served.stages.get(name) {
            Some(stage) if name != DEFAULT => (stage, path.get(name.len()..).unwrap_or_default()),
            _ => (served.stages.get(DEFAULT).ok_or_else(Failed::not_found)?, whole),
        };
        let method = self.call.method.as_str();
        // The more particular path wins; at the same path, a method's own route goes before that of any method.
        let found = stage.paths.find(path, |methods| methods.get(method).or_else(|| methods.get("ANY")));
        let found = found.map(|found| {
            let params = found.params.iter().map(|(name, text)| ((*name).to_owned(), decoded(text)));
            (Arc::clone(found.value), params.collect())
        });
        let (route, params) = match found {
            Some((route, params)) => (Some(route), params),
            None => (stage.default.clone(), Vec::new()),
        };
        let stage = Arc::clone(stage);
        (self.route, self.params, self.stage) = (route, params, Some(Arc::clone(&stage)));
        Ok(stage)
    }

    /// Refuses a request that comes too soon, by what the stage sets for its route or for all.
    fn throttle(&self, stage: &StageLive, route: &RouteLive) -> Result<(), Failed> {
        let key = &route.route.route_key;
        let (all, own) = (stage.stage.default_route_settings, stage.stage.route_settings.get(key));
        let settings = own.copied().unwrap_or(all);
        let rate = settings.throttling_rate_limit;
        let burst = settings.throttling_burst_limit.and_then(|n| u32::try_from(n).ok()).map(f64::from);
        if rate.is_none() && burst.is_none() {
            return Ok(());
        }
        let limit = Rate { rate: rate.unwrap_or(f64::MAX), burst: burst.or(rate).unwrap_or(f64::MAX) };
        let name = format!("{}\0{}", stage.stage.stage_name, if own.is_some() { key } else { "" });
        let now = self.served.edge.clock.monotonic();
        if self.served.runtime.buckets.take(&name, limit, now) { Ok(()) } else { Err(Failed::throttled()) }
    }

    /// How long an integration may take.
    pub(super) fn timeout(&self, millis: i64) -> Duration {
        let most = self.served.edge.timeout;
        u64::try_from(millis).map_or(most, |millis| most.min(Duration::from_millis(millis)))
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
