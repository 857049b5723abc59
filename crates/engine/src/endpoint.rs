//! The sockets that the server opened inside an instance's network namespace.

use crate::{InstanceInfo, Version};
use std::{
    any::Any,
    net::{TcpListener, UdpSocket},
    sync::Arc,
};

/// Sockets inside an instance, listening, non-blocking. Absent where the launcher opens none.
#[derive(Debug, Default)]
pub struct Listeners {
    /// The platform: `127.0.0.2:4566`.
    pub platform: Option<TcpListener>,
    /// Plain HTTP: `127.0.0.2:80`.
    pub plain: Option<TcpListener>,
    /// TLS: `127.0.0.2:443`.
    pub tls: Option<TcpListener>,
    /// DNS over TCP: `127.0.0.2:53`.
    pub dns_tcp: Option<TcpListener>,
    /// DNS over UDP: `127.0.0.2:53`.
    pub dns_udp: Option<UdpSocket>,
}

/// Kept while an instance lives; dropping it must end the service of its sockets.
pub type EndpointGuard = Box<dyn Any + Send + Sync>;

/// Serves the sockets of instances. The program implements it.
pub trait Endpoint: Send + Sync {
    /// Starts to serve `listeners` of an instance that just got its version, until the guard is
    /// dropped. Must not block. At most 256 connections an instance is this side's duty.
    fn serve(
        &self,
        instance: &Arc<InstanceInfo>,
        version: &Arc<Version>,
        listeners: Listeners,
    ) -> EndpointGuard;
}

/// Serves nothing: for tests, and for a network of "none".
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEndpoint;

impl Endpoint for NoEndpoint {
    fn serve(&self, _: &Arc<InstanceInfo>, _: &Arc<Version>, listeners: Listeners) -> EndpointGuard {
        Box::new(listeners)
    }
}
