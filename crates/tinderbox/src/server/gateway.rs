//! The gateway: requests for APIs, which are told from those for the platform by their address alone.

use super::heads::Seen;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tinderbox_base::{Clock, LogSink, Random, Result, Targets, config};
use tinderbox_gateway::{Address, Gateway, Registry, rest_api};
use tinderbox_store::Store;
use tinderbox_wire::Body;

/// What the gateway is made of.
pub(crate) struct Deps {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) targets: Arc<Targets>,
    pub(crate) log_sink: Arc<dyn LogSink>,
    pub(crate) config: config::Gateway,
}

/// The APIs of every kind, and the way in.
pub(crate) struct Apis {
    gateway: Gateway,
    rest: Arc<rest_api::RestApis>,
}

impl Apis {
    /// Reads every API and serves it.
    pub(crate) async fn open(deps: Deps) -> Result<Self> {
        let registry = Arc::new(Registry::default());
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
        Ok(Self { gateway: Gateway::new(registry, deps.clock, deps.random), rest: Arc::new(rest) })
    }

    /// The REST APIs.
    pub(crate) fn rest(&self) -> &Arc<rest_api::RestApis> {
        &self.rest
    }

    /// Answers a request for the API at `address`.
    pub(crate) async fn handle(&self, request: Request<Incoming>, address: Address) -> Response<Body> {
        // The listeners are on loopback addresses and in instances: whoever calls is this machine.
        let source: IpAddr = Ipv4Addr::LOCALHOST.into();
        let names = request.extensions().get::<Seen>().map(|seen| seen.names(&request)).unwrap_or_default();
        let answer: Response<Bytes> = self.gateway.handle(request, address, source, names).await;
        answer.map(Body::from)
    }

    /// Writes down what is only in memory.
    pub(crate) async fn stop(&self) {
        if let Err(error) = self.rest.close().await {
            tracing::error!(%error, causes = error.causes(), "what API keys used could not be written down");
        }
    }
}
