//! One request on its way through an API: what is known of it so far, and its steps.

use super::{
    ServedApi, StageLive, Variant, authorize,
    authorizer::Authorization,
    aws,
    caching::{self, Plan},
    compiled::{Route, Routed},
    finish, http, lambda, metering, mock,
    trace::Trace,
    trouble::{Failed, Trouble},
    unpack, validate,
};
use crate::{
    call::{Call, text},
    gate::Signer,
    ids,
    mapping::Overrides,
    outgoing::Outgoing,
    proxy::{Shown, shown_by_rest_apis},
    rest_api::model::{ApiKey, Integration, IntegrationKind},
};
use ::http::{HeaderName, HeaderValue, Response};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tinderbox_base::Parts;

/// A request and what became of it so far.
pub(super) struct Exchange {
    pub(super) served: Arc<ServedApi>,
    pub(super) call: Call,
    pub(super) query: Vec<(String, String)>,
    pub(super) stage: Option<Arc<StageLive>>,
    pub(super) canary: bool,
    /// Bytes of the call's path that are the stage's.
    stage_bytes: usize,
    pub(super) routed: Option<Routed>,
    pub(super) authorization: Option<Arc<Authorization>>,
    /// Who signed it, where that is asked.
    pub(super) signer: Option<Signer>,
    pub(super) api_key: Option<Arc<ApiKey>>,
    /// What request templates set besides the body.
    pub(super) overrides: Overrides,
    pub(super) failed: Option<Failed>,
    pub(super) integration_latency: Option<Duration>,
    pub(super) integration_status: Option<u16>,
    /// The status that a function behind a proxy told.
    pub(super) function_status: Option<u16>,
    /// The trace as the integration gets it, while that is asked.
    pub(super) passed_trace: String,
    /// Whether the body came compressed.
    pub(super) unpacked: bool,
    /// How long the authorizer took; nothing if its answer was remembered.
    pub(super) authorizer_latency: Duration,
    /// What it tells of itself, if it is a test.
    pub(super) trace: Option<Trace>,
    /// The body, where it is passed on as it comes: the answer's own is empty then.
    pub(super) parts: Option<Box<dyn Parts>>,
}

impl Exchange {
    pub(super) fn new(served: Arc<ServedApi>, call: Call) -> Self {
        let query = call.query();
        Self {
            served,
            call,
            query,
            stage: None,
            canary: false,
            stage_bytes: 0,
            routed: None,
            authorization: None,
            signer: None,
            api_key: None,
            overrides: Overrides::default(),
            failed: None,
            integration_latency: None,
            integration_status: None,
            function_status: None,
            passed_trace: String::new(),
            unpacked: false,
            authorizer_latency: Duration::ZERO,
            trace: None,
            parts: None,
        }
    }

    /// Answers the request.
    pub(super) async fn run(mut self) -> Response<Outgoing> {
        let answer = match self.answer().await {
            Ok(answer) => answer,
            Err(failed) => {
                let answer = finish::refusal(&self, &failed);
                self.failed = Some(failed);
                answer
            }
        };
        let answer = finish::finish(&self, answer);
        match self.parts.take() {
            Some(parts) => answer.map(|_| Outgoing::Parts(parts)),
            None => answer.map(Outgoing::Whole),
        }
    }

    async fn answer(&mut self) -> Result<Response<Bytes>, Failed> {
        self.enter()?;
        let Some(route) = self.route() else { return Err(Failed::no_route()) };
        metering::stage(self, &route)?;
        authorize::authorize(self, &route).await?;
        metering::key(self, &route)?;
        self.carry_out(&route).await
    }

    /// Does what the method says, for somebody who may have it done.
    pub(super) async fn carry_out(&mut self, route: &Route) -> Result<Response<Bytes>, Failed> {
        validate::validate(self, route)?;
        let integration = route.method.method_integration.as_ref();
        let integration =
            integration.ok_or_else(|| Failed::misconfigured("the method has no integration"))?;
        let mut plan = caching::plan(self, route, integration);
        let kept = match &mut plan {
            Some(plan) => caching::look(self, route, plan).await?,
            None => None,
        };
        let mut answer = match kept {
            Some(kept) => kept,
            None => self.ask(route, integration, plan.as_ref()).await?,
        };
        if plan.is_some_and(|plan| plan.ignored) {
            caching::warn(&mut answer);
        }
        Ok(answer)
    }

    /// Has the integration answer, and keeps what it says where that is wanted.
    async fn ask(
        &mut self,
        route: &Route,
        integration: &Integration,
        plan: Option<&Plan>,
    ) -> Result<Response<Bytes>, Failed> {
        let edge = &self.served.edge;
        let (started, tells) = (edge.clock.monotonic(), tells_trace(integration.kind));
        if tells {
            self.passed_trace = ids::trace_passed_on(&self.call.trace, &*edge.random);
        }
        let mut answer = self.integrate(route, integration).await;
        let ended = self.served.edge.clock.monotonic();
        self.integration_latency = Some(ended.since(started));
        if let (Some(plan), Ok(answer)) = (plan, &answer) {
            caching::keep(self, plan, answer);
        }
        if let (true, Ok(answer)) = (tells, &mut answer)
            && let Ok(trace) = HeaderValue::try_from(std::mem::take(&mut self.passed_trace))
        {
            answer.headers_mut().insert(HeaderName::from_static("x-amzn-trace-id"), trace);
        }
        answer
    }

    /// Finds the stage, what this request gets of it, and the route.
    fn enter(&mut self) -> Result<(), Failed> {
        let served = &self.served;
        if served.api.definition.settings.disable_execute_api_endpoint {
            return Err(Failed::forbidden(Trouble::Default4xx));
        }
        let path = self.call.path();
        let after = path.trim_start_matches('/');
        // Of several slashes before the stage one is left, whoever asks; those after it are no part of the route only.
        let extra = (path.len() - after.len()).saturating_sub(1);
        let (name, rest) = after.split_once('/').unwrap_or((after, ""));
        let Some(stage) = served.stages.get(name) else {
            return Err(Failed::forbidden(Trouble::Default4xx));
        };
        self.stage_bytes = name.len() + 1 + rest.len() - rest.trim_start_matches('/').len();
        self.call.address.prefix += extra;
        let (variant, canary) = stage.draw(&*served.edge.random);
        self.canary = canary;
        self.routed = variant.compiled.find(self.call.method.as_str(), self.path());
        self.stage = Some(Arc::clone(stage));
        unpack::unpack(self)
    }

    async fn integrate(
        &mut self,
        route: &Route,
        integration: &Integration,
    ) -> Result<Response<Bytes>, Failed> {
        match integration.kind {
            IntegrationKind::AwsProxy if integration.is_streamed() => {
                lambda::stream(self, route, integration).await
            }
            IntegrationKind::AwsProxy => lambda::proxy(self, route, integration).await,
            IntegrationKind::HttpProxy => http::proxy(self, integration).await,
            IntegrationKind::Http => http::mapped(self, integration).await,
            IntegrationKind::Mock => mock::answer(self, integration),
            IntegrationKind::Aws => aws::mapped(self, route, integration).await,
        }
    }

    /// How long an integration may take.
    pub(super) fn timeout(&self, integration: &Integration) -> Duration {
        // Whoever streams may take longer than those that are waited for.
        let most = if integration.is_streamed() { Duration::MAX } else { self.served.edge.timeout };
        let own = integration.timeout_in_millis.and_then(|millis| u64::try_from(millis).ok());
        own.map_or(self.served.edge.timeout, |millis| most.min(Duration::from_millis(millis)))
    }

    /// Its headers as functions see them. A test has those that it was given.
    pub(super) fn shown_headers(&self) -> Vec<Shown<'_>> {
        if self.trace.is_none() {
            return shown_by_rest_apis(&self.call);
        }
        self.call.headers.iter().map(|(name, value)| (self.call.written(name).into(), text(value))).collect()
    }

    /// Where it came from, as it is told.
    pub(super) fn source(&self) -> String {
        if self.trace.is_some() {
            "test-invoke-source-ip".to_owned()
        } else {
            self.call.source_ip.to_string()
        }
    }

    /// The path without its stage, as it was sent.
    pub(super) fn path(&self) -> &str {
        let path = self.call.path().get(self.stage_bytes..).unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    pub(super) fn stage(&self) -> Option<&StageLive> {
        self.stage.as_deref()
    }

    /// The stage's name; empty before it is known.
    pub(super) fn stage_name(&self) -> &str {
        self.stage.as_ref().map_or("", |stage| stage.stage.stage_name.as_str())
    }

    /// What this request gets of its stage.
    pub(super) fn variant(&self) -> Option<&Variant> {
        let stage = self.stage.as_ref()?;
        match &stage.canary {
            Some((_, variant)) if self.canary => Some(variant),
            _ => Some(&stage.base),
        }
    }

    pub(super) fn route(&self) -> Option<Arc<Route>> {
        self.routed.as_ref().map(|routed| Arc::clone(&routed.route))
    }

    pub(super) fn routed(&self) -> Option<&Route> {
        self.routed.as_ref().map(|routed| &*routed.route)
    }

    /// The parameters of the path.
    pub(super) fn params(&self) -> &[(String, String)] {
        self.routed.as_ref().map_or(&[], |routed| &routed.params)
    }

    /// The ARN of what is called: `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH`.
    pub(super) fn method_arn(&self, path: &str) -> String {
        let (api, place) = (self.served.api.id(), self.served.place());
        format!(
            "arn:aws:execute-api:{}:{}:{api}/{}/{}/{}",
            place.region,
            place.account,
            self.stage_name(),
            self.call.method,
            path.trim_start_matches('/'),
        )
    }
}

/// Whether answers tell of the trace. A server behind a proxy does so itself, and nobody is behind a mock.
fn tells_trace(kind: IntegrationKind) -> bool {
    match kind {
        IntegrationKind::Aws | IntegrationKind::AwsProxy | IntegrationKind::Http => true,
        IntegrationKind::HttpProxy | IntegrationKind::Mock => false,
    }
}
