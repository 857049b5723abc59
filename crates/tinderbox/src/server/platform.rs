//! What one origin is served: the AWS APIs, and the few paths of the platform itself.

use super::{carried::Carried, core::Core, listen::Handler};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};
use tinderbox_gateway::{Address, Gate};
use tinderbox_wire::{Body, Origin};

/// Where the zip of a function's code is downloaded, with a token after it.
pub(crate) const CODE_PATH: &str = "/_tinderbox/code/";
/// Where the state is dropped, with `--testing`.
const RESET_PATH: &str = "/moto-api/reset";

/// The platform as seen from one origin.
pub(crate) struct Platform {
    core: Arc<Core>,
    origin: Origin,
    gate: Arc<dyn Gate>,
}

impl Platform {
    /// The platform for requests from `origin`.
    pub(crate) fn new(core: Arc<Core>, origin: Origin) -> Self {
        let gate = core.gatekeeper().at(origin.clone());
        Self { core, origin, gate }
    }

    async fn own(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        let loopback = matches!(self.origin, Origin::Loopback | Origin::LoopbackTls);
        match (request.method(), path) {
            (&Method::GET, "/health") => json(StatusCode::OK, &self.core.health().await),
            (&Method::GET, _) if path.starts_with(CODE_PATH) => {
                match self.core.code(path.strip_prefix(CODE_PATH).unwrap_or_default()).await {
                    Some(zip) => answer(StatusCode::OK, "application/zip", zip),
                    None => {
                        answer(StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(b"no such code\n"))
                    }
                }
            }
            (&Method::POST, RESET_PATH) if loopback => match self.core.reset().await {
                Ok(()) => json(StatusCode::OK, &serde_json::json!({"status": "ok"})),
                Err(error) => {
                    tracing::error!(%error, causes = error.causes(), "the state could not be dropped");
                    json(StatusCode::INTERNAL_SERVER_ERROR, &serde_json::json!({"message": error.message()}))
                }
            },
            _ => self.core.router().handle(request, &self.origin).await,
        }
    }

    /// Whether a request may be served before all functions are known: an invocation needs only its own, where no policies of
    /// others are asked.
    fn can_do_without(&self, path: &str) -> bool {
        let loopback = matches!(self.origin, Origin::Loopback | Origin::LoopbackTls);
        path == "/health" || (path.ends_with("/invocations") && loopback && !self.core.must_sign())
    }

    /// Whether the path is one of the platform's own.
    fn is_own(&self, path: &str) -> bool {
        path == "/health" || path.starts_with(CODE_PATH) || (path == RESET_PATH && self.core.testing())
    }
}

impl Handler for Platform {
    type Body = Body;

    fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send + 'static {
        Carried::new(caught(async move {
            if !self.can_do_without(request.uri().path())
                && let Err(error) = self.core.ready().await
            {
                return json(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    &serde_json::json!({"message": error.message()}),
                );
            }
            // Pages of any site may call an API: what they may read is for the API itself to say.
            if let Some(address) = Address::of(request.uri(), request.headers()) {
                return self.core.apis().handle(request, address, Arc::clone(&self.gate)).await;
            }
            if self.is_own(request.uri().path()) {
                if !self.core.router().admits(request.uri(), request.headers(), &self.origin) {
                    return answer(StatusCode::FORBIDDEN, "text/plain", Bytes::from_static(b"forbidden\n"));
                }
                return self.own(request).await;
            }
            self.core.router().handle(request, &self.origin).await
        }))
    }
}

/// Answers 500 where `work` panics, so that neither the connection nor the requests beside it end. The AWS APIs catch
/// their handlers' panics themselves, to answer in the protocol that is spoken; this is for what is served beside them.
async fn caught(work: impl Future<Output = Response<Body>>) -> Response<Body> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            tracing::error!("a request panicked: {text}");
            json(StatusCode::INTERNAL_SERVER_ERROR, &serde_json::json!({"message": "Internal server error"}))
        }
    }
}

fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    answer(status, "application/json", format!("{value}\n").into())
}

fn answer(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_500() {
        let fine = caught(async { answer(StatusCode::OK, "text/plain", Bytes::new()) }).await;
        assert_eq!(fine.status(), StatusCode::OK);
        let panicked = caught(async {
            tokio::task::yield_now().await;
            panic!("secret")
        });
        assert_eq!(panicked.await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
