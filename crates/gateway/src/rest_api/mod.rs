//! REST APIs: API Gateway's first kind.
//!
//! The resource model is in memory and in the store; every change goes one way ([`change`]). What requests meet is an
//! immutable picture of each API ([`serve`]), replaced whole when a change was committed.

mod account;
mod api_keys;
mod apis;
mod authorizers;
mod change;
mod deployments;
mod errors;
mod gateway_responses;
mod integrations;
mod keys;
mod load;
mod methods;
pub mod model;
mod model_template;
mod models;
mod page;
mod patch;
mod resource_policy;
mod resources;
mod responses;
mod schema;
mod serve;
mod stage_checks;
mod stages;
mod table;
mod tags;
mod test_invoke;
mod usage;
mod usage_plan_keys;
mod usage_plans;
mod validators;

pub use crate::page::Page;
pub use account::Account;
pub use api_keys::{ListKeys, NewKey};
pub use apis::NewApi;
pub use deployments::NewDeployment;
pub use gateway_responses::Shown as ShownGatewayResponse;
pub use methods::MethodName;
pub use page::PageRequest;
pub use patch::PatchOperation;
pub use serve::testing::{TestRequest, TestedAuthorizer, TestedMethod};
pub use usage::{GetUsage, Usage};

use crate::{edge::Registry, upstream::Upstream};
use std::{fmt, sync::Arc, time::Duration};
use table::Table;
use tinderbox_base::{Clock, LogSink, Random, Result, Targets, config};
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
    /// Limits.
    pub config: config::Gateway,
}

/// The REST APIs of all accounts and regions.
pub struct RestApis {
    inner: Arc<Inner>,
    _tasks: tokio::task::JoinSet<()>,
}

pub(crate) struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    registry: Arc<Registry>,
    table: Table,
    edge: Arc<serve::Edge>,
}

impl RestApis {
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
            answers: serve::Answers::default(),
            timeout: Duration::from_millis(deps.config.timeout_ms),
        };
        let inner = Arc::new(Inner {
            store: deps.store,
            clock: deps.clock,
            random: deps.random,
            registry: deps.registry,
            table: Table::default(),
            edge: Arc::new(edge),
        });
        inner.load().await?;
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(usage::keep(Arc::downgrade(&inner)));
        Ok(Self { inner, _tasks: tasks })
    }

    /// Writes down what was counted since the last time. The server calls it last.
    ///
    /// # Errors
    /// The store fails.
    pub async fn close(&self) -> Result<()> {
        self.inner.write_usage().await
    }
}

impl fmt::Debug for RestApis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestApis").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
