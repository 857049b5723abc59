//! The parts, wired: the one place that names them all.

use super::{
    access::Access,
    gate::Gatekeeper,
    gateway::{self, Apis},
    instance::{self, InstanceEndpoint},
    platform::Platform,
    reset,
    resolver::Resolver,
    stored::{Stages, Stored},
    tls::Authority,
};
use bytes::Bytes;
use serde_json::{Value, json};
use std::{
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};
use tinderbox_base::{
    Clock, Error, LogSink, OsRandom, Random, Result, SystemClock, Target, Targets,
    config::{self, Config, Isolation, Network},
};
use tinderbox_blobs::Blobs;
use tinderbox_engine::{Engine, EngineDeps, SandboxLauncher};
use tinderbox_functions::{
    Functions, RoleCheck,
    runtimes::{CaBundle, interpreters::Places},
};
use tinderbox_identity::Identity;
use tinderbox_logs::Logs;
use tinderbox_store::Store;
use tinderbox_wire::Router;
use tokio::task::JoinSet;

/// How often blobs that nothing names are looked for; they are kept for a day after their last name.
const SWEEP_INTERVAL: Duration = Duration::from_secs(6 * 3600);

/// How long the start waits for all functions to be read, before it lets requests in that can do without.
const LOAD_PATIENCE: Duration = Duration::from_millis(10);

/// How long `/health` waits for a store that could not write to try again.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// Everything that runs, behind the listeners.
pub(crate) struct Core {
    id: String,
    testing: bool,
    must_sign: bool,
    random: Arc<dyn Random>,
    store: Arc<dyn Store>,
    launcher: Arc<SandboxLauncher>,
    engine: Engine,
    functions: Arc<Functions>,
    identity: Arc<Identity>,
    logs: Logs,
    authority: Arc<Authority>,
    router: Router,
    apis: Apis,
    gatekeeper: Gatekeeper,
    // Work in the background ends with this.
    _tasks: JoinSet<()>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The host lacks what isolation needs.
    #[error(transparent)]
    Sandbox(#[from] tinderbox_sandbox::StartError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] tinderbox_store::StoreError),
    /// The data directory cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Directory(std::io::Error),
    /// Requests must be signed, and nobody can.
    #[error("requests must be signed here, and there is no access key to sign them with")]
    NoKeys,
    /// What is in the store is not what was written there.
    #[error("what is stored cannot be read: {}", .0.causes())]
    Stored(Error),
    /// A part cannot start.
    #[error("{}", reason(.0))]
    Part(#[from] Error),
}

/// What an operator is told: of a fault of ours its causes, of anything else its message.
fn reason(error: &Error) -> String {
    Some(error.causes()).filter(|causes| !causes.is_empty()).unwrap_or_else(|| error.message().to_owned())
}

impl Core {
    /// Opens the data directory and starts every part.
    pub(crate) async fn start(
        config: &Config,
        access: Access,
        testing: bool,
    ) -> Result<Arc<Self>, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let data = directory(&config.server.data).map_err(StartError::Directory)?;
        // The lock comes first: whatever else is in the directory belongs to who holds it.
        let locked = tinderbox_store::Locked::new(data.join("store"))?;
        let stages = Stages::begin(&*clock);
        let (id, is_new) = identifier(&data, &*random).map_err(StartError::Directory)?;
        let stored = async {
            let stored = Stored::open(config, locked, &data, (&clock, &random)).await?;
            stages.reached("what is stored is open");
            if access.must_sign && !stored.identity.has_keys().await? {
                return Err(StartError::NoKeys);
            }
            Ok(stored)
        };
        // One waits for the disk, the other for processes to start.
        let (launcher, stored) = tokio::join!(launcher(&config.engine, &data, (&id, is_new)), stored);
        let Stored { store, identity, logs, blobs } = match stored {
            Ok(stored) => stored,
            Err(error) => {
                if let Ok(launcher) = launcher {
                    launcher.shutdown().await;
                }
                return Err(error);
            }
        };
        let launcher = Arc::new(launcher?);
        stages.reached("sandboxes can be made");
        // Only now, because it computes beside, and the processes above wait for processors.
        let authority = Authority::open(&data.join("tls")).map_err(StartError::Directory)?;
        let names = (launcher.protections().internet && config.engine.network == Network::Internet)
            .then(|| Resolver::new(&config.engine.name_servers));
        let endpoint = Arc::new(InstanceEndpoint::new(&authority, names).map_err(Error::internal)?);
        let engine = Engine::start(EngineDeps {
            config: config.engine.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            launcher: Arc::clone(&launcher) as _,
            endpoint: Arc::clone(&endpoint) as _,
        })
        .await;
        let targets = Arc::new(Targets::default());
        let functions = Functions::begin(tinderbox_functions::Deps {
            store: Arc::clone(&store),
            blobs: blobs.clone(),
            engine: engine.clone(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            log_sink: Arc::new(logs.clone()) as Arc<dyn LogSink>,
            roles: Arc::new(Roles(Arc::clone(&identity))),
            targets: Arc::clone(&targets),
            config: with_sdk(config),
            data_dir: data,
            places: places(config),
            ca_bundle: CaBundle::asked({
                let authority = Arc::clone(&authority);
                move || authority.bundle().map(<[u8]>::to_vec)
            }),
        })?;
        targets.connect([("lambda", Arc::clone(&functions) as Arc<dyn Target>)]);
        load(&functions).await.map_err(StartError::Stored)?;
        stages.reached("functions are known");
        let apis = Apis::open(gateway::Deps {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            targets,
            functions: Arc::clone(&functions),
            log_sink: Arc::new(logs.clone()),
            config: config.gateway.clone(),
        })
        .await?;
        stages.reached("APIs are known");
        let router = router(Arc::clone(&random), &functions, &logs, Arc::clone(&identity), &apis);
        let router = access.guard(router, &identity, &functions, &clock);
        let gatekeeper = Gatekeeper::new(&access, &identity, &clock);
        let _tasks = tasks(&blobs, &functions);
        let core = Arc::new(Self {
            id,
            testing,
            must_sign: access.must_sign,
            random,
            store,
            launcher,
            engine,
            functions,
            identity,
            logs,
            authority,
            router,
            apis,
            gatekeeper,
            _tasks,
        });
        let shared = Arc::downgrade(&core);
        endpoint.connect(instance::Platform {
            handler: Box::new({
                let core = Weak::clone(&shared);
                move |origin| core.upgrade().map(|core| Arc::new(Platform::new(core, origin)))
            }),
            caller_of: Box::new(move |instance, version| {
                shared.upgrade()?.functions.caller_of(version, instance)
            }),
        });
        Ok(core)
    }
}

impl Core {
    /// The AWS APIs.
    pub(crate) fn router(&self) -> &Router {
        &self.router
    }

    /// Who signs the certificates that the server makes.
    pub(crate) fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// The APIs that functions stand behind.
    pub(crate) fn apis(&self) -> &Apis {
        &self.apis
    }

    /// Who knows those that call the APIs.
    pub(crate) fn gatekeeper(&self) -> &Gatekeeper {
        &self.gatekeeper
    }

    /// Waits until everything that is stored is known.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) async fn ready(&self) -> Result<()> {
        self.functions.ready().await
    }

    /// Whether requests must be signed.
    pub(crate) fn must_sign(&self) -> bool {
        self.must_sign
    }

    /// Whether the endpoints for tests are served.
    pub(crate) fn testing(&self) -> bool {
        self.testing
    }

    /// What `/health` tells.
    pub(crate) async fn health(&self) -> Value {
        let instances = self.engine.stats();
        let logs = self.logs.stats();
        let store = self.store_trouble().await;
        json!({
            "status": if store.is_none() { "ok" } else { "degraded" },
            "store": store.unwrap_or_else(|| "ok".to_owned()),
            "version": env!("CARGO_PKG_VERSION"),
            "id": self.id,
            "isolated": self.launcher.is_isolated(),
            "isolation": self.launcher.protections().summary(),
            "instances": instances,
            "logs": {
                "disk_bytes": logs.disk_bytes,
                "evicted_files": logs.evicted_files,
                "dropped_lines": logs.dropped_lines,
            },
        })
    }

    /// Why nothing durable is accepted, in words; none if it is.
    async fn store_trouble(&self) -> Option<String> {
        let found = tokio::time::timeout(STORE_PATIENCE, self.store.trouble()).await;
        let told = found.map(|trouble| trouble.map(|error| error.to_string()));
        let slow = || Some("the store could not write and does not answer now".to_owned());
        let trouble = told.unwrap_or_else(|_| slow())?;
        Some(format!("{trouble}; functions run, and nothing durable is accepted until it is over"))
    }

    /// The zip that a download token names.
    pub(crate) async fn code(&self, token: &str) -> Option<Bytes> {
        let found = self.functions.code_download(token).await;
        found.unwrap_or_else(|error| {
            tracing::error!(%error, causes = error.causes(), "a function's code cannot be read");
            None
        })
    }

    /// Drops all state, as a test suite wants between tests.
    pub(crate) async fn reset(&self) -> Result<()> {
        let done = reset::reset(&*self.store, &self.functions, &self.logs, &self.apis, &*self.random).await;
        self.identity.forget();
        done
    }

    /// Prepares what recent functions run on, off anyone's way.
    pub(crate) fn warm_up(&self) {
        self.functions.warm_up_recent();
    }

    /// Ends everything, giving invocations at most `drain` to finish.
    pub(crate) async fn stop(&self, drain: Duration) {
        self.functions.stop_queues();
        self.engine.drain(drain).await;
        self.apis.stop().await;
        if let Err(error) = self.logs.close().await {
            tracing::error!(%error, causes = error.causes(), "the last log lines could not be written");
        }
        self.launcher.shutdown().await;
    }
}

/// Whether roles exist, as functions ask it.
struct Roles(Arc<Identity>);

#[tinderbox_wire::async_trait]
impl RoleCheck for Roles {
    async fn assumable(&self, role: &tinderbox_base::Arn) -> Result<bool> {
        self.0.role_exists(role).await
    }
}

fn router(
    random: Arc<dyn Random>,
    functions: &Arc<Functions>,
    logs: &Logs,
    identity: Arc<Identity>,
    apis: &Apis,
) -> Router {
    use tinderbox_aws as aws;
    Router::new(random)
        .mount(Arc::new(tinderbox_aws_model_lambda::LambdaService(aws::lambda::LambdaHandlers::new(
            Arc::clone(functions),
        ))))
        .mount(Arc::new(tinderbox_aws_model_apigateway::ApiGatewayService(
            aws::apigateway::ApiGatewayHandlers::new(Arc::clone(apis.rest())),
        )))
        .mount(Arc::new(tinderbox_aws_model_apigatewayv2::ApiGatewayV2Service(
            aws::apigatewayv2::ApiGatewayV2Handlers::new(apis.http().clone()),
        )))
        .mount(Arc::new(tinderbox_aws_model_logs::LogsService(aws::logs::LogsHandlers::new(logs.clone()))))
        .mount(Arc::new(tinderbox_aws_model_sts::StsService(aws::sts::StsHandlers::new(Arc::clone(
            &identity,
        )))))
        .mount(Arc::new(tinderbox_aws_model_iam::IamService(aws::iam::IamHandlers::new(identity))))
        .mount(Arc::new(tinderbox_aws_model_cloudwatch::CloudWatchService(
            aws::cloudwatch::CloudWatchHandlers,
        )))
}

/// The data directory, made if need be, as an absolute path.
pub(crate) fn directory(data: &Path) -> std::io::Result<std::path::PathBuf> {
    // What functions are made of is nobody else's business.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data)?;
    data.canonicalize()
}

/// The directory's own name, by which what it left on the host is recognised, and whether it was drawn just now.
fn identifier(data: &Path, random: &dyn Random) -> std::io::Result<(String, bool)> {
    let file = data.join("id");
    match std::fs::read_to_string(&file) {
        Ok(id) if id.trim().len() == 16 => return Ok((id.trim().to_owned(), false)),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    let id = format!("{:016x}", u64::from_be_bytes(bytes));
    std::fs::write(&file, format!("{id}\n"))?;
    Ok((id, true))
}

async fn launcher(
    config: &config::Engine,
    data: &Path,
    (id, is_new): (&str, bool),
) -> Result<SandboxLauncher, StartError> {
    let mut options = tinderbox_sandbox::Options::new(data.join("sandbox"), id.to_owned());
    options.is_new = is_new;
    options.scratch_mib = config.scratch_mib;
    options.isolation_none = config.isolation == Isolation::None;
    options.internet = config.network == Network::Internet;
    let launcher = SandboxLauncher::start(options, config).await?;
    let protections = launcher.protections();
    if !protections.isolated {
        protections.listing.iter().for_each(|line| tracing::warn!("{line}"));
    } else if config.network == Network::Internet {
        let network = protections.listing.iter().filter(|line| line.starts_with("network:"));
        // What was changed on this host is for its operator to know; what is missing even more so.
        network.for_each(|line| match protections.internet {
            true => tracing::info!("{line}; undone at the end"),
            false => tracing::warn!("{line}"),
        });
    }
    Ok(launcher)
}

/// Reads the functions; where there are many, behind the first requests.
async fn load(functions: &Arc<Functions>) -> Result<()> {
    let reading = Arc::clone(functions);
    let runtime = tokio::runtime::Handle::current();
    // On a thread of its own: it is work for the processor, which requests must not wait for.
    let mut reading = tokio::task::spawn_blocking(move || {
        let done = runtime.block_on(reading.load());
        if done.is_ok() {
            let _entered = runtime.enter();
            reading.start_queues();
        }
        done
    });
    match tokio::time::timeout(LOAD_PATIENCE, &mut reading).await {
        Ok(done) => done.map_err(Error::internal)?,
        Err(_) => Ok(()),
    }
}

/// Where interpreters are looked for.
fn places(config: &Config) -> Places {
    let path = std::env::var("PATH").unwrap_or_default();
    Places::usual(&config.functions.interpreter_prefixes, home().as_deref(), &path)
}

/// The configuration with the place where `scripts/sdk` installs, if none was named.
fn with_sdk(config: &Config) -> Config {
    let mut config = config.clone();
    let cache =
        || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cache")));
    config.functions.sdk = config.functions.sdk.or_else(|| Some(cache()?.join("tinderbox/sdk")));
    config
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from)
}

/// Starts what runs now and then: the sweep of blobs that nothing names.
fn tasks(blobs: &Blobs, functions: &Arc<Functions>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let (blobs, functions) = (blobs.clone(), Arc::downgrade(functions));
    tasks.spawn(async move {
        let mut turns = tokio::time::interval(SWEEP_INTERVAL);
        loop {
            turns.tick().await;
            let Some(functions) = functions.upgrade() else { return };
            // Until all functions are known, a blob that one of them names looks like one that none does.
            if functions.ready().await.is_err() {
                return;
            }
            let swept = blobs.sweep(move |digest| functions.names_blob(digest)).await;
            if let Err(error) = swept {
                tracing::warn!(%error, "blobs that nothing names could not be swept");
            }
        }
    });
    tasks
}
