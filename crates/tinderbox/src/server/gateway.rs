//! The gateway: requests for APIs, which are told from those for the platform by their address alone.

use super::heads::Seen;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use hyper::body::Incoming;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::{
    Caller, Clock, LogSink, Random, Reply, RequestId, Result, StreamedReply, Targets, config,
    policy::{Policy, PolicyKind},
};
use tinderbox_functions::{Functions, UrlFound, model::UrlCors};
use tinderbox_gateway::{
    Address, FunctionUrls, Gate, Gateway, Guarded, InvokeMode, Outgoing, Registry, Url, UrlSource, http_api,
    rest_api,
};
use tinderbox_store::Store;
use tinderbox_wire::{Body, Peer};

/// What the gateway is made of.
pub(crate) struct Deps {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) targets: Arc<Targets>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) log_sink: Arc<dyn LogSink>,
    pub(crate) config: config::Gateway,
}

/// The APIs of every kind, and the way in.
pub(crate) struct Apis {
    gateway: Gateway,
    rest: Arc<rest_api::RestApis>,
    http: http_api::HttpApis,
}

impl Apis {
    /// Reads every API and serves it.
    pub(crate) async fn open(deps: Deps) -> Result<Self> {
        let registry = Arc::new(Registry::default());
        registry.connect_urls(FunctionUrls::new(Arc::new(UrlsOfFunctions(deps.functions))));
        let http = http_api::HttpApis::open(http_api::Deps {
            store: Arc::clone(&deps.store),
            clock: Arc::clone(&deps.clock),
            random: Arc::clone(&deps.random),
            targets: Arc::clone(&deps.targets),
            log_sink: Arc::clone(&deps.log_sink),
            registry: Arc::clone(&registry),
            timeout: Duration::from_millis(deps.config.timeout_ms),
        })
        .await?;
        let rest = rest_api::RestApis::open(rest_api::Deps {
            store: deps.store,
            clock: Arc::clone(&deps.clock),
            random: Arc::clone(&deps.random),
            targets: deps.targets,
            log_sink: deps.log_sink,
            registry: Arc::clone(&registry),
            config: deps.config,
        })
        .await?;
        Ok(Self { gateway: Gateway::new(registry, deps.clock, deps.random), rest: Arc::new(rest), http })
    }

    /// The REST APIs.
    pub(crate) fn rest(&self) -> &Arc<rest_api::RestApis> {
        &self.rest
    }

    /// The HTTP APIs.
    pub(crate) fn http(&self) -> &http_api::HttpApis {
        &self.http
    }

    /// Answers a request for the API at `address` that came in through `gate`.
    pub(crate) async fn handle(
        &self,
        request: Request<Incoming>,
        address: Address,
        gate: Arc<dyn Gate>,
    ) -> Response<Body> {
        // In an instance nobody tells where a request comes from: it is this machine.
        let source = request.extensions().get::<Peer>().map(|peer| peer.0);
        let source = source.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let names = request.extensions().get::<Seen>().map(|seen| seen.names(&request)).unwrap_or_default();
        self.gateway.handle(request, address, source, names, gate).await.map(body)
    }

    /// Writes down what is only in memory.
    pub(crate) async fn stop(&self) {
        if let Err(error) = self.rest.close().await {
            tracing::error!(%error, causes = error.causes(), "what API keys used could not be written down");
        }
    }
}

/// The URLs of functions, as the gateway asks for them.
struct UrlsOfFunctions(Arc<Functions>);

#[tinderbox_wire::async_trait]
impl UrlSource for UrlsOfFunctions {
    fn find(&self, id: &str) -> Option<Url> {
        let found = self.0.find_url(id)?;
        let mode = match found.url.invoke_mode.as_str() {
            "RESPONSE_STREAM" => InvokeMode::Streamed,
            _ => InvokeMode::Buffered,
        };
        let guarded = (found.url.auth_type == "AWS_IAM").then(|| self.guarded(&found));
        Some(Url { cors: found.url.cors.clone().map(cors), mode, guarded })
    }

    async fn call(&self, id: &str, event: Bytes, trace: String, let_through: bool) -> Result<Reply> {
        self.0.call_url(id, event, Some(trace), let_through).await
    }

    async fn stream(
        &self,
        id: &str,
        event: Bytes,
        trace: String,
        let_through: bool,
    ) -> Result<StreamedReply> {
        self.0.stream_url(id, event, Some(trace), let_through).await
    }
}

impl UrlsOfFunctions {
    /// What an URL leads to, with the policy that it has.
    fn guarded(&self, found: &UrlFound) -> Guarded {
        let (arn, account, region) = (found.arn.to_string(), found.account.clone(), found.region.clone());
        let own = Caller::root(account.clone(), region.clone(), RequestId::nil());
        // What has no policy lets in those of its account that their own policies let.
        let policy = self.0.policy(&own, &arn, None).ok();
        let policy = policy.and_then(|found| Policy::parse(&found.policy, PolicyKind::Resource).ok());
        Guarded { arn, account, region, policy }
    }
}

fn body(outgoing: Outgoing) -> Body {
    match outgoing {
        Outgoing::Whole(bytes) => Body::from(bytes),
        Outgoing::Parts(parts) => {
            Body::in_parts(stream::unfold(parts, |mut parts| async { Some((parts.next().await?, parts)) }))
        }
    }
}

fn cors(own: UrlCors) -> http_api::model::Cors {
    http_api::model::Cors {
        allow_credentials: own.allow_credentials,
        allow_headers: own.allow_headers,
        allow_methods: own.allow_methods,
        allow_origins: own.allow_origins,
        expose_headers: own.expose_headers,
        max_age: own.max_age,
    }
}
