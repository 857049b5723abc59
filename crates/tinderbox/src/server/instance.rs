//! What an instance reaches: the platform, and names that lead to it.
//!
//! The sockets live in the instance's network namespace, so whoever connects is that instance; its
//! caller is the function's execution role, whatever the request claims.

use super::{
    listen::{Front, Handler},
    names::Names,
    resolver::Resolver,
    tls::Authority,
};
use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
};
use tinderbox_base::Caller;
use tinderbox_engine::{Endpoint, EndpointGuard, InstanceInfo, Listeners, Version};
use tinderbox_wire::Origin;
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_rustls::TlsAcceptor;

/// The platform's address inside an instance.
pub(crate) const PLATFORM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Connections of one instance at once, over all its sockets (DESIGN: 256).
const MAX_CONNECTIONS: usize = 256;

/// Tells as whom an instance of a version calls.
pub(crate) type CallerOf = dyn Fn(&InstanceInfo, &Version) -> Option<Caller> + Send + Sync;

/// Serves the sockets of every instance. The platform behind it is given once it exists: services
/// need the engine, and the engine needs this.
pub(crate) struct InstanceEndpoint<P> {
    platform: Arc<std::sync::OnceLock<Platform<P>>>,
    tls: TlsAcceptor,
    names: Names,
}

/// What instances are served.
pub(crate) struct Platform<P> {
    /// Makes the handler of requests from an origin.
    pub(crate) handler: Box<dyn Fn(Origin) -> Option<Arc<P>> + Send + Sync>,
    /// Tells as whom an instance calls.
    pub(crate) caller_of: Box<CallerOf>,
}

impl<P: Handler> InstanceEndpoint<P> {
    /// An endpoint whose TLS certificates come from `authority`.
    ///
    /// Names that do not lead to the platform are asked of `resolver`, where there is one.
    pub(crate) fn new(authority: &Arc<Authority>, resolver: Option<Resolver>) -> Result<Self, rustls::Error> {
        let names = Names(resolver.map(Arc::new));
        Ok(Self { platform: Arc::default(), tls: authority.server_config()?.into(), names })
    }

    /// Gives the platform, once.
    pub(crate) fn connect(&self, platform: Platform<P>) {
        if self.platform.set(platform).is_err() {
            tracing::error!("the instances' endpoint was connected twice");
        }
    }
}

impl<P: Handler> Endpoint for InstanceEndpoint<P> {
    fn serve(
        &self,
        instance: &Arc<InstanceInfo>,
        version: &Arc<Version>,
        listeners: Listeners,
    ) -> EndpointGuard {
        let mut tasks = JoinSet::new();
        let Some(platform) = self.platform.get() else { return Box::new(tasks) };
        let Some(caller) = (platform.caller_of)(instance, version) else { return Box::new(tasks) };
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let front = |tls| {
            let origin = Origin::Instance { caller: Box::new(caller.clone()), tls };
            Some(Front::sharing((platform.handler)(origin)?, Arc::clone(&permits)))
        };
        let (Some(plain), Some(alias), Some(encrypted)) = (front(false), front(false), front(true)) else {
            return Box::new(tasks);
        };
        let started = (|| -> io::Result<()> {
            for (listener, front) in [(listeners.platform, plain), (listeners.plain, alias)] {
                if let Some(listener) = listener {
                    tasks.spawn(front.serve(tcp(listener)?));
                }
            }
            if let Some(listener) = listeners.tls {
                tasks.spawn(encrypted.serve_tls(tcp(listener)?, self.tls.clone()));
            }
            if let Some(listener) = listeners.dns_tcp {
                tasks.spawn(self.names.clone().over_tcp(tcp(listener)?, Arc::clone(&permits)));
            }
            if let Some(socket) = listeners.dns_udp {
                socket.set_nonblocking(true)?;
                tasks.spawn(self.names.clone().over_udp(tokio::net::UdpSocket::from_std(socket)?));
            }
            Ok(())
        })();
        if let Err(error) = started {
            tracing::error!(%error, %instance.id, "cannot serve an instance's sockets");
        }
        // Dropping the set ends every task in it.
        Box::new(tasks)
    }
}

fn tcp(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}
