//! Other servers, for HTTP integrations: a client that keeps connections, bounded in time and bytes.

use crate::limits::{CONNECT_TIMEOUT, MAX_IDLE_UPSTREAM, MAX_UPSTREAM_BODY};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Where systems keep the certificates they trust, all in one file.
const BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// How a request to another server ended without an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It did not answer in time.
    TimedOut,
    /// Nobody knows its name.
    Unknown,
    /// It cannot be reached or does not speak HTTP; the text says why.
    Broken(String),
}

/// The client that all APIs share.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    client: Client<Connector, Full<Bytes>>,
}

impl Upstream {
    /// A client that trusts what the system trusts.
    pub(crate) fn new() -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(MAX_IDLE_UPSTREAM)
            .build(Connector { tls: tls() });
        Self { client }
    }

    /// Sends `request`, whose URI is absolute, and waits at most `timeout` for all of its answer.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, Failure> {
        let asking = async {
            let answer = self.client.request(request).await.map_err(|error| broken(&error))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, MAX_UPSTREAM_BODY).collect().await;
            let body = body.map_err(|error| Failure::Broken(error.to_string()))?.to_bytes();
            Ok(Response::from_parts(parts, body))
        };
        tokio::time::timeout(timeout, asking).await.unwrap_or(Err(Failure::TimedOut))
    }
}

/// That a name has no address.
#[derive(Debug)]
struct NoAddress;

impl std::fmt::Display for NoAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the host's name has no address")
    }
}

impl std::error::Error for NoAddress {}

fn broken(error: &dyn std::error::Error) -> Failure {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<NoAddress>()) {
            return Failure::Unknown;
        }
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    Failure::Broken(text)
}

fn tls() -> Option<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    for bundle in BUNDLES {
        let Ok(certificates) = CertificateDer::pem_file_iter(bundle) else { continue };
        roots.add_parsable_certificates(certificates.filter_map(Result::ok));
        break;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.ok()?.with_root_certificates(roots).with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}

/// Makes connections, encrypted or not.
#[derive(Clone)]
struct Connector {
    tls: Option<TlsConnector>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Stream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tls = self.tls.clone();
        Box::pin(async move {
            let connecting = tokio::time::timeout(CONNECT_TIMEOUT, connect(uri, tls));
            connecting.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map(TokioIo::new)
        })
    }
}

async fn connect(uri: Uri, tls: Option<TlsConnector>) -> io::Result<Stream> {
    let host = uri.host().ok_or(io::ErrorKind::InvalidInput)?.trim_matches(['[', ']']).to_owned();
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let addresses = tokio::net::lookup_host((host.as_str(), port)).await;
    let addresses: Vec<_> = addresses.map(Iterator::collect).unwrap_or_default();
    if addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, NoAddress));
    }
    let stream = TcpStream::connect(&addresses[..]).await?;
    stream.set_nodelay(true)?;
    if !secure {
        return Ok(Stream::Plain(stream));
    }
    let tls = tls.ok_or_else(|| io::Error::other("no encryption is available"))?;
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    Ok(Stream::Tls(Box::new(tls.connect(name, stream).await?)))
}

/// A connection.
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
