//! The listening socket, and from a request to the session.

use crate::{
    MAX_BODY_BYTES,
    reply::{self, Reply},
    session::{Answer, Event, Session, Started},
    stream::{self, Part},
};
use bytes::{Bytes, BytesMut};
use http::{Method, Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, io, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::{AbortHandle, JoinSet},
};

/// Connections of one instance served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 64;
/// What is buffered of one connection beside a body.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// Bodies of one instance read at once; a runtime sends one, and what it may make the server hold is bounded.
const MAX_BODIES: usize = 2;
/// What is read of a body that is too large, so that its sender comes to read the refusal.
const MAX_SKIPPED_BYTES: u64 = 64 * 1024 * 1024;
/// The pause after a connection could not be accepted, which means that the host lacks something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const PREFIX: &str = "/2018-06-01/runtime/";

/// The Runtime API of one instance. Dropping it ends all its connections.
#[derive(Debug)]
pub struct RuntimeApi {
    shared: Arc<Shared>,
    server: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    session: Session,
    bodies: Semaphore,
}

impl RuntimeApi {
    /// Serves `listener`, which must not block.
    ///
    /// # Errors
    /// When the socket cannot be watched.
    pub fn serve(listener: std::net::TcpListener) -> io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        let shared = Arc::new(Shared { session: Session::new(), bodies: Semaphore::new(MAX_BODIES) });
        let server = tokio::spawn(accept(listener, shared.clone())).abort_handle();
        Ok(Self { shared, server })
    }

    /// Waits until the runtime asks for its first invocation, or reports that it cannot start. Cancel safe.
    pub async fn started(&self) -> Started {
        self.shared.session.started().await
    }

    /// Waits until the runtime waits for an invocation: it has nothing more to do with the last one. Cancel safe.
    pub async fn idle(&self) {
        self.shared.session.idle().await;
    }

    /// Gives an invocation to the runtime and waits for its answer, for ever if need be: whoever calls
    /// watches the clock and the process. Not to be called again before it has answered.
    pub async fn invoke(&self, event: Event) -> Answer {
        self.shared.session.invoke(event).await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = free.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small writes of both sides follow each other at once; waiting for more would delay all.
                drop(stream.set_nodelay(true));
                let shared = shared.clone();
                connections.spawn(async move {
                    let service = service_fn(|request| serve(&shared, request));
                    let connection = hyper::server::conn::http1::Builder::new()
                        .max_buf_size(MAX_BUFFER_BYTES)
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                    if let Err(error) = connection {
                        tracing::debug!(%error, "a runtime's connection broke");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a runtime's connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(shared: &Shared, request: Request<Incoming>) -> Result<Reply, Infallible> {
    let path = request.uri().path().to_owned();
    let Some(operation) = path.strip_prefix(PREFIX) else {
        return Ok(reply::nothing_here(StatusCode::NOT_FOUND));
    };
    let parts: Vec<&str> = operation.split('/').collect();
    Ok(match (request.method(), parts.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => match shared.session.next().await {
            Ok(event) => reply::event(event),
            Err(refusal) => reply::refusal(refusal),
        },
        (&Method::POST, ["invocation", id, "response"]) => response(shared, id, request).await,
        (&Method::POST, ["invocation", id, "error"]) => error(shared, id, request).await,
        (&Method::POST, ["init", "error"]) => init_error(shared, request).await,
        (_, ["invocation", "next"] | ["invocation", _, "response" | "error"] | ["init", "error"]) => {
            reply::nothing_here(StatusCode::METHOD_NOT_ALLOWED)
        }
        _ => reply::nothing_here(StatusCode::NOT_FOUND),
    })
}

// A body is read before its request is judged: a refusal with the body unread would close the connection.

async fn response(shared: &Shared, id: &str, request: Request<Incoming>) -> Reply {
    if stream::is_streamed(request.headers()) {
        return streamed(shared, id, request).await;
    }
    let (answer, said) = match shared.read(request.into_body()).await {
        Ok(Received { body, error_type: None }) => (Answer::Success(body), reply::accepted()),
        // A response in chunks tells in its trailers that it failed on the way.
        Ok(Received { body, error_type: Some(kind) }) => (Answer::Error { kind, body }, reply::accepted()),
        Err(Unread::TooLarge(size)) => (Answer::TooLarge { size }, reply::too_large()),
        Err(Unread::Broken) => return reply::truncated(),
    };
    shared.session.answer(id, "InvocationResponse", answer).map_or_else(reply::refusal, |()| said)
}

/// Answers in parts, as they come.
async fn streamed(shared: &Shared, id: &str, request: Request<Incoming>) -> Reply {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (sender, parts) = stream::parts(content_type);
    let mut body = request.into_body();
    if let Err(refusal) = shared.session.answer(id, "InvocationResponse", Answer::Stream(parts)) {
        drop(shared.read(body).await);
        return reply::refusal(refusal);
    }
    let mut last = Part::End;
    while let Some(frame) = body.frame().await {
        // What ends without its end is taken for broken off.
        let Ok(frame) = frame else { return reply::truncated() };
        match frame.into_data() {
            Ok(data) => {
                // Where nobody takes the parts any more, the instance is about to end.
                if sender.send(Part::Chunk(data)).await.is_err() {
                    return reply::truncated();
                }
            }
            Err(frame) => last = frame.trailers_ref().map_or(last, stream::conclusion),
        }
    }
    drop(sender.send(last).await);
    reply::accepted()
}

async fn error(shared: &Shared, id: &str, request: Request<Incoming>) -> Reply {
    let kind = error_type(request.headers());
    let (answer, said) = match shared.read(request.into_body()).await {
        Ok(Received { body, .. }) => (Answer::Error { kind, body }, reply::accepted()),
        Err(Unread::TooLarge(size)) => (Answer::TooLarge { size }, reply::too_large()),
        Err(Unread::Broken) => return reply::truncated(),
    };
    shared.session.answer(id, "InvocationErrorResponse", answer).map_or_else(reply::refusal, |()| said)
}

async fn init_error(shared: &Shared, request: Request<Incoming>) -> Reply {
    let kind = error_type(request.headers());
    match shared.read(request.into_body()).await {
        Ok(Received { body, .. }) => {
            shared.session.init_error(kind, body).map_or_else(reply::refusal, |()| reply::accepted())
        }
        Err(Unread::TooLarge(_)) => reply::too_large(),
        Err(Unread::Broken) => reply::truncated(),
    }
}

fn error_type(headers: &http::HeaderMap) -> String {
    let header = headers.get("lambda-runtime-function-error-type");
    header.and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

struct Received {
    body: Bytes,
    /// From the trailers.
    error_type: Option<String>,
}

enum Unread {
    TooLarge(u64),
    Broken,
}

impl Shared {
    /// Reads a body up to the limit; of a larger one the rest is counted and thrown away.
    async fn read(&self, mut body: Incoming) -> Result<Received, Unread> {
        let _permit = self.bodies.acquire().await.map_err(|_| Unread::Broken)?;
        let told = body.size_hint().exact();
        let mut kept = BytesMut::new();
        let mut size = 0_u64;
        let mut error = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Unread::Broken)?;
            match frame.into_data() {
                Ok(data) => {
                    size += data.len() as u64;
                    if size <= MAX_BODY_BYTES {
                        kept.extend_from_slice(&data);
                    } else if size > MAX_SKIPPED_BYTES {
                        break;
                    } else {
                        kept = BytesMut::new();
                    }
                }
                Err(frame) => {
                    let kind = frame.trailers_ref().map(error_type).filter(|kind| !kind.is_empty());
                    error = error.or(kind);
                }
            }
        }
        if size > MAX_BODY_BYTES {
            return Err(Unread::TooLarge(told.unwrap_or(size).max(size)));
        }
        Ok(Received { body: kept.freeze(), error_type: error })
    }
}
