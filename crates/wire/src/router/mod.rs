//! One entry for every AWS request.

mod answer;
mod call;
mod fault;
mod intake;

use crate::{
    Authentication, Authorize, Body, Origin, Service, codec,
    guard::{self, Guard},
    mounted::Mounted,
    route::{Head, Scope, identify, parse_query},
    schema::Protocol,
};
use answer::finish;
use bytes::Bytes;
use call::Call;
use fault::{Problem, problem};
use futures_util::FutureExt;
use intake::Intake;
use std::{fmt, panic::AssertUnwindSafe, sync::Arc};
use tinderbox_base::{Random, RequestId};

/// Serves AWS requests: finds their operation, reads their input, calls the service, writes its output.
#[derive(Debug)]
pub struct Router {
    services: Vec<Mounted>,
    random: Arc<dyn Random>,
    guard: Guard,
    intake: Intake,
    authentication: Option<Authentication>,
    authorization: Authorization,
}

/// Who is asked whether a call may go on; nobody lets every one.
#[derive(Default)]
struct Authorization(Option<Arc<dyn Authorize>>);

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorization").field(&self.0.is_some()).finish()
    }
}

impl Router {
    /// A router without services. Request ids are drawn from `random`.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self {
            services: Vec::new(),
            random,
            guard: Guard::default(),
            intake: Intake::default(),
            authentication: None,
            authorization: Authorization::default(),
        }
    }

    /// The router, verifying signatures. Without it nobody but instances and the loopback listener is served.
    #[must_use]
    pub fn authenticated_by(mut self, authentication: Authentication) -> Self {
        self.authentication = Some(authentication);
        self
    }

    /// The router, asking `authorize` before each operation. Without it whoever is known may do everything.
    #[must_use]
    pub fn authorized_by(mut self, authorize: Arc<dyn Authorize>) -> Self {
        self.authorization = Authorization(Some(authorize));
        self
    }

    /// The router, reached as `host` (a name or an address) besides the machine's own names.
    #[must_use]
    pub fn reached_as(mut self, host: impl Into<String>) -> Self {
        self.guard.hosts.push(host.into());
        self
    }

    /// Whether a request may reach the AWS APIs, by its `Host` and `Origin`.
    ///
    /// [`Router::handle`] checks it itself; the console and testing endpoints ask it too.
    pub fn admits(&self, uri: &http::Uri, headers: &http::HeaderMap, origin: &Origin) -> bool {
        self.guard.check(uri, headers, origin).is_ok()
    }

    /// The router with `service` besides those it has.
    #[must_use]
    pub fn mount(mut self, service: Arc<dyn Service>) -> Self {
        self.services.push(Mounted::new(service));
        self
    }

    /// Answers a request. It never fails: whatever goes wrong becomes a response.
    pub async fn handle<B>(&self, request: http::Request<B>, origin: &Origin) -> http::Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let id = RequestId::new(&*self.random);
        let (parts, body) = request.into_parts();
        if let Err(refused) = self.guard.check(&parts.uri, &parts.headers, origin) {
            return finish(problem(None, Protocol::RestJson1, &Problem::refused(&refused), id), id);
        }
        let mut response = if guard::is_preflight(&parts.method, &parts.headers) {
            finish(codec::Reply::empty(204), id)
        } else {
            self.serve(&parts, body, origin, id).await
        };
        response.headers_mut().extend(guard::cross_origin(&parts.method, &parts.headers));
        response
    }

    async fn serve<B>(
        &self,
        parts: &http::request::Parts,
        body: B,
        origin: &Origin,
        id: RequestId,
    ) -> http::Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let query = parse_query(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
        let scope = Scope::of(&parts.headers, &query);
        let head = Head {
            method: &parts.method,
            path: parts.uri.path(),
            query: &query,
            headers: &parts.headers,
            scope: scope.as_ref(),
        };
        let Some(identified) = identify(&self.services, &head) else {
            return finish(problem(None, Protocol::RestJson1, &Problem::unknown(head.path), id), id);
        };
        let peer = parts.extensions.get::<crate::Peer>().map(|peer| peer.0);
        let mut call = Call {
            router: self,
            id,
            uri: &parts.uri,
            head,
            origin,
            peer,
            denied_by: None,
            identified,
            cx: None,
        };
        // What panics ends this request and nothing else: neither the connection nor the requests beside it.
        let reply = match AssertUnwindSafe(call.run(body)).catch_unwind().await {
            Ok(Ok(reply)) => reply,
            Ok(Err(problem)) => call.problem(&problem),
            Err(panic) => call.problem(&Problem::panicked(&*panic)),
        };
        let mut response = finish(reply, id);
        if let Some(value) = call.denied_by.and_then(|by| http::HeaderValue::try_from(by).ok()) {
            response.headers_mut().insert("x-tinderbox-denied-by", value);
        }
        if let Some(cx) = call.cx {
            // A handler's own headers win over the protocol's.
            let (headers, body) = cx.into_response();
            for (name, value) in &headers {
                response.headers_mut().insert(name, value.clone());
            }
            if let Some(body) = body {
                *response.body_mut() = body;
            }
        }
        response
    }
}

#[cfg(test)]
mod tests;
