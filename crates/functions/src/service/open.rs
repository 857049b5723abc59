//! Opening: what the service needs, and how it finds its functions again.

use super::loading::Loading;
use super::table::Table;
use super::url_index::UrlIndex;
use super::{Functions, Inner, RoleCheck, load};
use crate::code::{CodeStore, Downloads};
use crate::keys;
use crate::model::Function;
use crate::queue::Queues;
use crate::run::{Preparation, Tails};
use crate::runtimes::interpreters::{Interpreters, Places};
use crate::runtimes::{CaBundle, Runtimes};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tinderbox_base::{AccountId, Clock, LogSink, Random, Region, Result, Targets, config};
use tinderbox_blobs::Blobs;
use tinderbox_engine::Engine;
use tinderbox_store::Store;

/// What the service is made of.
pub struct Deps {
    /// Durable state.
    pub store: Arc<dyn Store>,
    /// Where packages lie.
    pub blobs: Blobs,
    /// What runs functions.
    pub engine: Engine,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Where functions' logs go.
    pub log_sink: Arc<dyn LogSink>,
    /// Who knows the execution roles.
    pub roles: Arc<dyn RoleCheck>,
    /// Where what became of asynchronous events is sent. Connected before [`Functions::start_queues`].
    pub targets: Arc<Targets>,
    /// The bounds of functions and of the account.
    pub config: config::Config,
    /// The data directory: `code` and `runtimes` below it are this service's own; `sdk`, if
    /// there is one, holds the SDKs unless the configuration names another place.
    pub data_dir: PathBuf,
    /// Where to look for interpreters.
    pub places: Places,
    /// Certificates that instances trust.
    pub ca_bundle: CaBundle,
}

impl Functions {
    /// Opens the service: reads every function, and which events wait. They run once
    /// [`Self::start_queues`] is called.
    ///
    /// # Errors
    /// When the store or the data directory cannot be read.
    pub async fn open(deps: Deps) -> Result<Arc<Self>> {
        let functions = Self::begin(deps)?;
        functions.load().await?;
        Ok(functions)
    }

    /// The service before [`Self::load`], which must follow.
    ///
    /// # Errors
    /// When the data directory cannot be used.
    pub fn begin(deps: Deps) -> Result<Arc<Self>> {
        let code = CodeStore::open(deps.data_dir.join("code"), deps.blobs, deps.random.clone())?;
        let runtimes = Runtimes::new(
            Interpreters::new(deps.places),
            deps.data_dir.join("runtimes"),
            deps.config.functions.sdk.clone().unwrap_or_else(|| deps.data_dir.join("sdk")),
            deps.ca_bundle,
        );
        let preparation = Preparation {
            code,
            runtimes,
            sink: deps.log_sink,
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            tails: Arc::<Tails>::default(),
            writers: Arc::default(),
        };
        let inner = Arc::new(Inner {
            downloads: Downloads::new(&*deps.random),
            queues: Queues::new(&deps.config.functions),
            config: deps.config.functions,
            engine_config: deps.config.engine,
            store: deps.store,
            engine: deps.engine,
            clock: deps.clock,
            random: deps.random,
            roles: deps.roles,
            targets: deps.targets,
            table: Table::default(),
            urls: UrlIndex::default(),
            preparation,
            loading: Loading::default(),
        });
        Ok(Arc::new(Self { inner }))
    }
}

impl Inner {
    /// Reads every function, and which events wait for them.
    pub(super) async fn load(self: &Arc<Self>) -> Result<()> {
        for (account, region) in keys::namespaces(&*self.store).await? {
            load::functions(self, &account, &region).await?;
            self.queues.load(self, &account, &region).await?;
        }
        self.preparation.code.sweep().await
    }

    /// The functions of an account and region by their uid.
    pub(crate) fn functions_of(
        &self,
        account: &AccountId,
        region: &Region,
    ) -> HashMap<String, Arc<Function>> {
        let namespace = self.table.namespace(account, region);
        let lives = namespace.page(None, usize::MAX);
        lives.into_iter().map(|live| (live.function().uid.to_string(), live.function().clone())).collect()
    }
}
