//! The server: its start, its listener and its end.

mod access;
mod carried;
pub(crate) mod core;
mod dns;
mod gate;
mod gateway;
mod heads;
mod instance;
mod listen;
pub(crate) mod log;
mod names;
mod platform;
mod reset;
mod resolver;
mod shards;
pub(crate) mod stored;
mod tls;

use self::{core::Core, listen::Front, platform::Platform, shards::Shards};
use crate::cli::{Failure, Outcome};
use access::Access;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tinderbox_base::config::Config;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_rustls::TlsAcceptor;

/// A server that is ready and does not yet accept.
pub(crate) struct Server {
    config: Config,
    listener: TcpListener,
    address: SocketAddr,
    access: Access,
    tls: Option<TlsAcceptor>,
    core: Arc<Core>,
    shards: Shards,
    interrupts: [Signal; 2],
}

impl Server {
    /// Opens the data directory, starts every part and listens.
    pub(crate) async fn start(config: Config, testing: bool) -> Outcome<Self> {
        let access = Access::of(&config.server)?;
        let address = access.address;
        // Before anyone is told that the server runs: from then on a signal means a drain.
        let listen =
            |kind| signal(kind).map_err(|error| Failure::new(format!("cannot listen for signals: {error}")));
        let interrupts = [listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?];
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(format!("cannot listen on {address}: {error}"))
                .help("give another port with --listen 127.0.0.1:PORT, or 0 for any free one")
        })?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let core = Core::start(&config, access, testing).await.map_err(|error| explain(error, &config))?;
        let tls =
            if access.tls { Some(tls::listener(&config.server, address, core.authority())?) } else { None };
        let shards = Shards::start()
            .map_err(|error| Failure::new(format!("cannot start the threads that serve: {error}")))?;
        Ok(Self { config, listener, address, access, tls, core, shards, interrupts })
    }

    /// Where it listens: `http://ADDR:PORT`, or `https`.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.access.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Whether requests must be signed.
    pub(crate) fn must_sign(&self) -> bool {
        self.access.must_sign
    }

    /// Serves until SIGTERM or SIGINT, then drains; also when it turns out that what is stored cannot be read.
    pub(crate) async fn run(self) -> Outcome<()> {
        let Self { config, listener, access, tls, core, shards, interrupts, .. } = self;
        let drain = Duration::from_secs(config.server.drain_timeout_s);
        let platform = Arc::new(Platform::new(Arc::clone(&core), access.origin()));
        let front = Front::new(platform, config.server.max_connections);
        core.warm_up();
        let unreadable = std::sync::OnceLock::new();
        let ended = async {
            tokio::select! {
                () = interrupted(interrupts) => {}
                error = broken(&core) => unreadable.set(error).unwrap_or_default(),
            }
        };
        front.run(listener, (&shards, tls), ended, drain).await;
        core.stop(drain).await;
        // They watch the descriptors of instances until none is left.
        drop(shards);
        match unreadable.into_inner() {
            Some(error) => Err(explain(core::StartError::Stored(error), &config)),
            None => Ok(()),
        }
    }
}

/// Resolves when what is stored turns out not to be readable.
async fn broken(core: &Core) -> tinderbox_base::Error {
    match core.ready().await {
        Ok(()) => std::future::pending().await,
        Err(error) => error,
    }
}

/// Resolves at the first signal.
async fn interrupted([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn explain(error: core::StartError, config: &Config) -> Failure {
    use core::StartError;
    let failure = Failure::new(error.to_string());
    match error {
        StartError::Sandbox(_) => failure.help(
            "run as root on a kernel that has these, or run without isolation: tinderbox up --isolation none",
        ),
        StartError::Store(_) | StartError::Directory(_) => {
            failure.help("name another directory with --data DIR")
        }
        StartError::NoKeys => {
            let data = config.server.data.display();
            failure.help(format!("make one first: tinderbox keys create --data {data}"))
        }
        StartError::Stored(_) => {
            failure.help("restore the data directory from a copy, or import what was exported before")
        }
        StartError::Part(_) => failure,
    }
}
