//! HTTP APIs: API Gateway's second kind (v2).
//!
//! The resource model is in memory and in the store; every change goes one way ([`change`]). What requests meet is an
//! immutable picture of each API ([`serve`]), replaced whole when a change was committed.

mod apis;
mod authorizers;
mod change;
pub(crate) mod cors;
mod deployments;
mod errors;
mod integrations;
mod keys;
mod load;
pub mod model;
mod page;
mod parameters;
mod route_key;
mod routes;
mod serve;
mod stages;
mod table;
mod tags;

pub use crate::page::Page;
pub use apis::{ApiChange, NewApi, QuickCreate};
pub use authorizers::AuthorizerChange;
pub use deployments::NewDeployment;
pub use integrations::IntegrationChange;
pub use page::PageRequest;
pub use routes::RouteChange;
pub(crate) use serve::{Answer, Defaults, Event, RawPath, write_signer};
pub use stages::StageChange;

use crate::{edge::Registry, upstream::Upstream};
use std::{fmt, sync::Arc, time::Duration};
use table::Table;
use tinderbox_base::{Clock, LogSink, Random, Result, Targets};
use tinderbox_store::Store;

/// What the service is made of.
pub struct Deps {
    /// Durable state.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// How functions are reached.
    pub targets: Arc<Targets>,
    /// Where access logs go.
    pub log_sink: Arc<dyn LogSink>,
    /// Where APIs are served from.
    pub registry: Arc<Registry>,
    /// How long an integration may take at most.
    pub timeout: Duration,
}

/// The HTTP APIs of all accounts and regions.
#[derive(Clone)]
pub struct HttpApis {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    registry: Arc<Registry>,
    table: Table,
    edge: Arc<serve::Edge>,
}

impl HttpApis {
    /// Opens the service: reads every API and serves it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(deps: Deps) -> Result<Self> {
        let edge = serve::Edge {
            clock: Arc::clone(&deps.clock),
            random: Arc::clone(&deps.random),
            targets: deps.targets,
            log_sink: deps.log_sink,
            upstream: Upstream::new(),
            timeout: deps.timeout,
        };
        let inner = Inner {
            store: deps.store,
            clock: deps.clock,
            random: deps.random,
            registry: deps.registry,
            table: Table::default(),
            edge: Arc::new(edge),
        };
        inner.load().await?;
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for HttpApis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpApis").finish_non_exhaustive()
    }
}
