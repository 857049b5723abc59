//! The server: its start, its listener and its end.

mod carried;
mod core;
mod dns;
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
mod tls;

use self::{core::Core, listen::Front, platform::Platform, shards::Shards};
use crate::cli::{Failure, Outcome};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::config::Config;
use tinderbox_wire::Origin;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

/// A server that is ready and does not yet accept.
pub(crate) struct Server {
    config: Config,
    listener: TcpListener,
    address: SocketAddr,
    core: Arc<Core>,
    shards: Shards,
    interrupts: [Signal; 2],
}

impl Server {
    /// Opens the data directory, starts every part and listens.
    pub(crate) async fn start(config: Config, testing: bool) -> Outcome<Self> {
        let address = loopback(&config.server.listen)?;
        // Before anyone is told that the server runs: from then on a signal means a drain.
        let listen =
            |kind| signal(kind).map_err(|error| Failure::new(format!("cannot listen for signals: {error}")));
        let interrupts = [listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?];
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(format!("cannot listen on {address}: {error}"))
                .help("give another port with --listen 127.0.0.1:PORT, or 0 for any free one")
        })?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let core = Core::start(&config, testing).await.map_err(explain)?;
        let shards = Shards::start()
            .map_err(|error| Failure::new(format!("cannot start the threads that serve: {error}")))?;
        Ok(Self { config, listener, address, core, shards, interrupts })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGTERM or SIGINT, then drains.
    pub(crate) async fn run(self) {
        let Self { config, listener, core, shards, interrupts, .. } = self;
        let drain = Duration::from_secs(config.server.drain_timeout_s);
        let platform = Arc::new(Platform::new(Arc::clone(&core), Origin::Loopback));
        let front = Front::new(platform, config.server.max_connections);
        core.warm_up();
        front.run(listener, &shards, interrupted(interrupts), drain).await;
        core.stop(drain).await;
        // They watch the descriptors of instances until none is left.
        drop(shards);
    }
}

/// Resolves at the first signal.
async fn interrupted([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn loopback(listen: &str) -> Outcome<SocketAddr> {
    let address: SocketAddr = listen.parse().map_err(|_| {
        Failure::new(format!("'{listen}' is no address to listen on"))
            .help("an address is IP:PORT, such as 127.0.0.1:4566")
    })?;
    let ip = match address.ip() {
        IpAddr::V6(ip) => ip.to_canonical(),
        ip @ IpAddr::V4(_) => ip,
    };
    if !ip.is_loopback() {
        let failure =
            Failure::new(format!("{address} can be reached by others, and authentication comes first"));
        return Err(failure.help("listen on 127.0.0.1 until this version knows callers by their signatures"));
    }
    Ok(address)
}

fn explain(error: core::StartError) -> Failure {
    use core::StartError;
    let failure = Failure::new(error.to_string());
    match error {
        StartError::Sandbox(_) => failure.help(
            "run as root on a kernel that has these, or run without isolation: tinderbox up --isolation none",
        ),
        StartError::Store(_) | StartError::Directory(_) => {
            failure.help("name another directory with --data DIR")
        }
        StartError::Part(_) => failure,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_loopback_is_listened_on() {
        fn check(listen: &str, ok: bool) {
            assert_eq!(super::loopback(listen).is_ok(), ok, "{listen}");
        }
        check("127.0.0.1:0", true);
        check("127.8.9.1:80", true);
        check("[::1]:4566", true);
        check("0.0.0.0:4566", false);
        check("[::]:4566", false);
        check("192.168.1.2:4566", false);
        check("localhost:4566", false);
    }
}
