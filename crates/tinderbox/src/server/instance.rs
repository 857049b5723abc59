//! What an instance reaches: the platform, and names that lead to it.
//!
//! The sockets live in the instance's network namespace, so whoever connects is that instance; its
//! caller is the function's execution role, whatever the request claims.

use super::{
    dns,
    listen::{Front, Handler},
    tls::Authority,
};
use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tinderbox_base::Caller;
use tinderbox_engine::{Endpoint, EndpointGuard, InstanceInfo, Listeners, Version};
use tinderbox_wire::Origin;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// The platform's address inside an instance.
pub(crate) const PLATFORM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Connections of one instance at once, over all its sockets (DESIGN: 256).
const MAX_CONNECTIONS: usize = 256;
/// The largest query over UDP that is read; longer ones are cut and then refused.
const MAX_QUERY: usize = 1232;
/// How long an idle name query over TCP is waited for.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);

/// Tells as whom an instance of a version calls.
pub(crate) type CallerOf = dyn Fn(&InstanceInfo, &Version) -> Option<Caller> + Send + Sync;

/// Serves the sockets of every instance. The platform behind it is given once it exists: services
/// need the engine, and the engine needs this.
pub(crate) struct InstanceEndpoint<P> {
    platform: Arc<std::sync::OnceLock<Platform<P>>>,
    tls: TlsAcceptor,
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
    pub(crate) fn new(authority: &Arc<Authority>) -> Result<Self, rustls::Error> {
        Ok(Self { platform: Arc::default(), tls: authority.server_config()?.into() })
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
                tasks.spawn(names_over_tcp(tcp(listener)?, Arc::clone(&permits)));
            }
            if let Some(socket) = listeners.dns_udp {
                socket.set_nonblocking(true)?;
                tasks.spawn(names_over_udp(tokio::net::UdpSocket::from_std(socket)?));
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

async fn names_over_udp(socket: tokio::net::UdpSocket) {
    let mut query = [0; MAX_QUERY];
    while let Ok((length, from)) = socket.recv_from(&mut query).await {
        if let Some(answer) = dns::answer(&query[..length], PLATFORM) {
            // A lost answer is asked for again, as DNS has it.
            let _ = socket.try_send_to(&answer, from);
        }
    }
}

async fn names_over_tcp(listener: tokio::net::TcpListener, permits: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        let Ok((mut stream, _)) = listener.accept().await else { return };
        connections.spawn(async move {
            let _permit = permit;
            while let Ok(Ok(length)) = tokio::time::timeout(QUERY_TIMEOUT, stream.read_u16()).await {
                let mut query = vec![0; usize::from(length)];
                let read = tokio::time::timeout(QUERY_TIMEOUT, stream.read_exact(&mut query)).await;
                let Ok(Ok(_)) = read else { return };
                let Some(answer) = dns::answer(&query, PLATFORM) else { return };
                let Ok(length) = u16::try_from(answer.len()) else { return };
                let framed = [&length.to_be_bytes()[..], &answer].concat();
                if stream.write_all(&framed).await.is_err() {
                    return;
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}
