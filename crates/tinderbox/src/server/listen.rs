//! Accepting connections and serving HTTP/1.1 and HTTP/2 on them.

use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
};

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
    ) -> impl Future<Output = Response<Self::Body>> + Send;
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
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).half_close(true);
        http.http2().timer(TokioTimer::new()).max_concurrent_streams(256);
        Self { handler, connections: Arc::new(Semaphore::new(max_connections)), http }
    }

    /// Accepts until `stop` resolves, then lets requests in flight finish for at most `drain`.
    pub(crate) async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>, drain: Duration) {
        let graceful = GracefulShutdown::new();
        tokio::pin!(stop);
        loop {
            // The permit comes first: connections beyond the bound wait in the kernel's queue.
            let permit = tokio::select! {
                permit = Arc::clone(&self.connections).acquire_owned() => permit,
                () = &mut stop => break,
            };
            let Ok(permit) = permit else { break };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    note_accept_error(&error);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            // Without this the last bytes of a small answer wait for the client's delayed ack.
            let _ = stream.set_nodelay(true);
            tokio::spawn(self.connection(stream, permit, graceful.watcher()));
        }
        drop(listener);
        if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
            tracing::warn!(seconds = drain.as_secs(), "requests were still running at the end of the drain");
        }
    }

    /// Serves one connection to its end, holding `permit` so long.
    fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        permit: OwnedSemaphorePermit,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + use<S, H> {
        let (http, handler) = (self.http.clone(), Arc::clone(&self.handler));
        async move {
            let service = service_fn(|request| {
                let handler = Arc::clone(&handler);
                async move { Ok::<_, Infallible>(handler.handle(request).await) }
            });
            // A client that breaks off is its own affair.
            let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await;
            drop(permit);
        }
    }
}

fn note_accept_error(error: &io::Error) {
    // A client that hung up before it was accepted is no fault of ours.
    if error.kind() != io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "cannot accept a connection");
    }
}
