//! Accepting connections and serving HTTP/1.1 and HTTP/2 on them.

use super::{
    heads::{Seen, Watched},
    shards::Shards,
};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::{
    convert::Infallible,
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tinderbox_wire::Peer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a failed accept, so that a shortage of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The body of its answers.
    type Body: http_body::Body<Data = bytes::Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static;
    /// Answers one request.
    fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static;
}

/// Serves HTTP on listeners, with a bound on connections.
pub(crate) struct Front<H> {
    handler: Arc<H>,
    connections: Arc<Semaphore>,
    http: auto::Builder<TokioExecutor>,
}

impl<H: Handler> Front<H> {
    /// A front that serves at most `max_connections` at once.
    pub(crate) fn new(handler: Arc<H>, max_connections: usize) -> Self {
        Self::sharing(handler, Arc::new(Semaphore::new(max_connections)))
    }

    /// A front whose bound on connections is shared with others.
    pub(crate) fn sharing(handler: Arc<H>, connections: Arc<Semaphore>) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).half_close(true);
        http.http2().timer(TokioTimer::new()).max_concurrent_streams(256);
        Self { handler, connections, http }
    }

    /// Accepts until `stop` resolves, then lets requests in flight finish for at most `drain`. Each
    /// connection is served by one of `shards`; with `tls`, encrypted.
    pub(crate) async fn run(
        self,
        listener: TcpListener,
        (shards, tls): (&Shards, Option<TlsAcceptor>),
        stop: impl Future<Output = ()>,
        drain: Duration,
    ) {
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = self.accept(&listener, |stream, permit| {
                let watcher = graceful.watcher();
                let (http, service, tls) = (self.http.clone(), self.service_of(&stream), tls.clone());
                shards.serve(stream, move |stream| async move {
                    // A client that breaks off is its own affair.
                    if let Some(tls) = tls {
                        if let Ok(Ok(stream)) = tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                            let (stream, seen) = Watched::new(stream);
                            let service = service.watching(seen);
                            let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
                        }
                    } else {
                        let (stream, seen) = Watched::new(stream);
                        let service = service.watching(seen);
                        let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
                    }
                    drop(permit);
                });
            }) => {}
            () = stop => {}
        }
        drop(listener);
        if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
            tracing::warn!(seconds = drain.as_secs(), "requests were still running at the end of the drain");
        }
    }

    /// Accepts for as long as the future is polled; dropping it ends its connections.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let connections = Mutex::new(JoinSet::new());
        self.accept(&listener, |stream, permit| {
            let connection = self.connection(stream, permit);
            spawn_in(&connections, connection);
        })
        .await;
    }

    /// The same, encrypted.
    pub(crate) async fn serve_tls(self, listener: TcpListener, tls: TlsAcceptor) {
        let connections = Mutex::new(JoinSet::new());
        self.accept(&listener, |stream, permit| {
            let handshake = tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream));
            let (http, service) = (self.http.clone(), self.service());
            spawn_in(&connections, async move {
                if let Ok(Ok(stream)) = handshake.await {
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                }
                drop(permit);
            });
        })
        .await;
    }

    async fn accept(&self, listener: &TcpListener, each: impl Fn(TcpStream, OwnedSemaphorePermit)) {
        // The permit comes first: connections beyond the bound wait in the kernel's queue.
        while let Ok(permit) = Arc::clone(&self.connections).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // Without this the last bytes of a small answer wait for the client's delayed ack.
                    let _ = stream.set_nodelay(true);
                    each(stream, permit);
                }
                Err(error) => {
                    note_accept_error(&error);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn connection<S>(
        &self,
        stream: S,
        permit: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send + use<S, H>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (http, service) = (self.http.clone(), self.service());
        async move {
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        }
    }

    fn service(&self) -> HandlerService<H> {
        HandlerService { handler: Arc::clone(&self.handler), seen: None, peer: None }
    }

    /// The same for a connection whose other end is of interest.
    fn service_of(&self, stream: &TcpStream) -> HandlerService<H> {
        let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
        HandlerService { peer, ..self.service() }
    }
}

/// A handler as hyper calls it.
struct HandlerService<H> {
    handler: Arc<H>,
    seen: Option<Seen>,
    peer: Option<Peer>,
}

impl<H> HandlerService<H> {
    /// The same, whose requests carry what their connection read.
    fn watching(self, seen: Seen) -> Self {
        Self { seen: Some(seen), ..self }
    }
}

impl<H: Handler> hyper::service::Service<Request<Incoming>> for HandlerService<H> {
    type Response = Response<H::Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(seen) = &self.seen {
            request.extensions_mut().insert(seen.clone());
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let handled = Arc::clone(&self.handler).handle(request);
        Box::pin(async move { Ok(handled.await) })
    }
}

fn spawn_in(tasks: &Mutex<JoinSet<()>>, task: impl Future<Output = ()> + Send + 'static) {
    let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
    tasks.spawn(task);
    while tasks.try_join_next().is_some() {}
}

fn note_accept_error(error: &io::Error) {
    // A client that hung up before it was accepted is no fault of ours.
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "cannot accept a connection");
    }
}
