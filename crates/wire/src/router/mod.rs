//! One entry for every AWS request.

mod answer;
mod fault;

use crate::{
    Body, Context, Origin, Service, ServiceError, Value,
    body::{self, Unread},
    codec::{self, Malformed},
    guard::{self, Guard},
    mounted::Mounted,
    route::{Found, Head, Identified, Scope, identify, identify_form, parse_query},
    schema::Protocol,
    validate::validate,
};
use answer::finish;
use bytes::Bytes;
use fault::{Problem, problem};
use std::{fmt, sync::Arc};
use tinderbox_base::{Error, ErrorKind, Random, RequestId};

/// Serves AWS requests: finds their operation, reads their input, calls the service, writes its output.
#[derive(Debug)]
pub struct Router {
    services: Vec<Mounted>,
    random: Arc<dyn Random>,
    guard: Guard,
}

impl Router {
    /// A router without services. Request ids are drawn from `random`.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self { services: Vec::new(), random, guard: Guard::default() }
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
        let mut call = Call { router: self, id, head, origin, identified, cx: None };
        let reply = match call.run(body).await {
            Ok(reply) => reply,
            Err(problem) => call.problem(&problem),
        };
        let mut response = finish(reply, id);
        if let Some(cx) = call.cx {
            // A handler's own headers win over the protocol's.
            for (name, value) in &cx.into_response_headers() {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

/// One request on its way.
struct Call<'a> {
    router: &'a Router,
    id: RequestId,
    head: Head<'a>,
    origin: &'a Origin,
    identified: Identified,
    cx: Option<Context>,
}

impl Call<'_> {
    fn service(&self) -> Option<&Mounted> {
        self.router.services.get(self.identified.service?)
    }

    fn is_packed(&self) -> bool {
        self.head.headers.get(http::header::CONTENT_ENCODING).is_some_and(|v| v.as_bytes() == b"gzip")
    }

    fn problem(&self, given: &Problem) -> codec::Reply {
        problem(self.service().map(|s| s.schema), self.identified.protocol, given, self.id)
    }

    async fn run<B>(&mut self, body: B) -> Result<codec::Reply, Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let mut request = codec::Request {
            labels: Vec::new(),
            query: self.head.query.to_vec(),
            headers: self.head.headers,
            body: Bytes::new(),
        };
        let mut body = Some(body);
        if self.identified.found == Found::InForm {
            if self.head.method == http::Method::POST {
                let bytes = self.read(body.take(), crate::schema::DEFAULT_BODY_LIMIT, "").await?;
                request.query =
                    parse_query(&bytes).ok_or_else(|| Malformed::new("The form has too many parameters"))?;
            }
            self.identified = identify_form(&self.router.services, self.head.scope, &request.query);
        }
        let trace = self.head.headers.get("x-amzn-trace-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let caller =
            self.origin.caller(self.head.scope, self.id, trace).map_err(|_| Problem::foreign_key())?;
        let (operation, labels) = match &mut self.identified.found {
            Found::Operation(index, labels) => (*index, std::mem::take(labels)),
            Found::Unknown(name) if self.identified.service.is_some() => {
                return Err(Problem::UnknownOperation(std::mem::take(name)));
            }
            Found::Unknown(name) => return Err(Problem::UnknownService(std::mem::take(name))),
            Found::InForm => return Err(Problem::UnknownOperation(String::new())),
        };
        let Some(mounted) = self.service() else { return Err(Problem::UnknownService(String::new())) };
        let (service, schema) = (mounted.service.clone(), mounted.schema);
        let Some(known) = mounted.operation_schema(operation) else {
            return Err(Problem::UnknownOperation(String::new()));
        };
        if !known.typed {
            return Err(ServiceError::not_implemented(schema.sdk_id, known.name).into());
        }
        if let Some(body) = body {
            request.body = self.read(Some(body), known.body_limit, known.name).await?;
        }
        request.labels = labels;
        let input = codec::decode(schema, known, self.identified.protocol, &request)?;
        drop(request);
        let patterns = self.service().map(|m| &m.patterns);
        if let Some(Err(text)) = patterns.map(|p| validate(schema, p, known.input, &input)) {
            return Err(ServiceError::coded(schema.constraint_code, 400, text).into());
        }
        let output = self.call(&*service, operation, caller, input).await?;
        Ok(codec::encode(schema, known, self.identified.protocol, output, self.id))
    }

    async fn call(
        &mut self,
        service: &dyn Service,
        operation: usize,
        caller: tinderbox_base::Caller,
        input: Value,
    ) -> Result<Value, ServiceError> {
        let host =
            self.head.headers.get(http::header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let endpoint = format!("{}://{host}", self.origin.scheme());
        let cx = self.cx.insert(Context::new(caller, endpoint, self.head.headers.clone()));
        service.call(cx, operation, input).await
    }

    async fn read<B>(&self, body: Option<B>, limit: u64, operation: &str) -> Result<Bytes, Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let Some(body) = body else { return Ok(Bytes::new()) };
        let whole = match body::read(body, limit).await {
            Ok(packed) if self.is_packed() => body::unpack(&packed, limit),
            whole => whole,
        };
        whole.map_err(|unread| match unread {
            Unread::TooLarge => {
                let text =
                    format!("Request must be smaller than {limit} bytes for the {operation} operation");
                ServiceError::from(Error::new(ErrorKind::TooLarge, text)).into()
            }
            Unread::Broken(cause) => Malformed::new(format!("The body could not be read: {cause}")).into(),
        })
    }
}
