//! One request on its way: what it is for, its input, its answer.

use super::{
    Router,
    fault::{Problem, problem},
    intake::Held,
};
use crate::{
    Context, Origin, Service, ServiceError, Value, auth,
    body::Unread,
    codec::{self, Malformed},
    mounted::Mounted,
    route::{Found, Head, Identified, identify_form, parse_query},
    schema::{DEFAULT_BODY_LIMIT, OperationSchema},
    sigv4::{SignedRequest, sha256},
    validate::validate,
};
use bytes::Bytes;
use http::{Method, header};
use std::fmt;
use tinderbox_base::{Caller, Error, ErrorKind, RequestId};

pub(super) struct Call<'a> {
    pub(super) router: &'a Router,
    pub(super) id: RequestId,
    pub(super) uri: &'a http::Uri,
    pub(super) head: Head<'a>,
    pub(super) origin: &'a Origin,
    pub(super) peer: Option<std::net::IpAddr>,
    /// What refused the call, in words for whoever writes policies.
    pub(super) denied_by: Option<String>,
    pub(super) identified: Identified,
    pub(super) cx: Option<Context>,
}

/// A request before its body is read, except that a form is.
struct Prepared<'a> {
    target: Target<'a>,
    known: auth::Known,
    query: Vec<(String, String)>,
    form: Option<Held<'a>>,
}

/// An operation that can be called.
struct Target<'a> {
    mounted: &'a Mounted,
    index: usize,
    operation: &'static OperationSchema,
    labels: Vec<(&'static str, String)>,
}

impl<'a> Call<'a> {
    fn service(&self) -> Option<&'a Mounted> {
        self.router.services.get(self.identified.service?)
    }

    pub(super) fn problem(&self, given: &Problem) -> codec::Reply {
        problem(self.service().map(|s| s.schema), self.identified.protocol, given, self.id)
    }

    pub(super) async fn run<B>(&mut self, body: B) -> Result<codec::Reply, Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let mut body = Some(body);
        let Prepared { mut target, known, query, form } = match self.prepare(&mut body).await {
            Ok(prepared) => prepared,
            Err(problem) => {
                // A client that asked before sending learns now, and keeps its body.
                if let Some(body) = body.filter(|_| !self.asks_first()) {
                    self.router.intake.discard(body).await;
                }
                return Err(problem);
            }
        };
        let limit = target.operation.body_limit;
        let held = self.read(body, limit, target.operation.name, known.proof.is_some()).await?;
        self.check(&known, form.as_ref().unwrap_or(&held))?;
        let caller = known.caller;
        let (schema, protocol) = (target.mounted.schema, self.identified.protocol);
        let bytes = held.bytes.clone();
        let request = codec::Request {
            labels: std::mem::take(&mut target.labels),
            query,
            headers: self.head.headers,
            body: bytes,
        };
        let input = codec::decode(schema, target.operation, protocol, &request)?;
        drop((request, held, form));
        validate(schema, &target.mounted.patterns, target.operation.input, &input)
            .map_err(|text| ServiceError::coded(schema.constraint_code, 400, text))?;
        self.authorize(&target, &caller, &input).await?;
        let output = self.call(&*target.mounted.service, target.index, caller, input).await?;
        Ok(codec::encode(schema, target.operation, protocol, output, self.id))
    }

    /// Everything that can be refused before the body is read, a form's excepted, which is taken.
    async fn prepare<B>(&mut self, body: &mut Option<B>) -> Result<Prepared<'a>, Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let known = self.known().await?;
        let (mut query, mut form) = (self.head.query.to_vec(), None);
        if self.identified.found == Found::InForm {
            if self.head.method == Method::POST {
                let held = self.read(body.take(), DEFAULT_BODY_LIMIT, "", known.proof.is_some()).await?;
                query = parse_query(&held.bytes)
                    .ok_or_else(|| Malformed::new("The form has too many parameters"))?;
                form = Some(held);
            }
            self.identified = identify_form(&self.router.services, self.head.scope, &query);
        }
        Ok(Prepared { target: self.target()?, known, query, form })
    }

    /// Who calls, as far as the head tells.
    async fn known(&self) -> Result<auth::Known, Problem> {
        let trace = self.head.headers.get("x-amzn-trace-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let arrival = auth::Arrival {
            origin: self.origin,
            scope: self.head.scope,
            request: self.signed_request(),
            id: self.id,
            trace,
            service: self.service().map(|s| s.schema.signing_name),
            protocol: self.identified.protocol,
        };
        Ok(auth::caller(self.router.authentication.as_ref(), &arrival).await?)
    }

    /// Checks the signature now that the body is there.
    fn check(&self, known: &auth::Known, body: &Held<'_>) -> Result<(), Problem> {
        let Some(proof) = &known.proof else { return Ok(()) };
        let digest = body.digest.unwrap_or_else(|| sha256(&body.bytes));
        let checked = proof.check(&self.signed_request(), &digest);
        Ok(checked.map_err(|fault| fault.into_error(self.identified.protocol))?)
    }

    fn signed_request(&self) -> SignedRequest<'a> {
        SignedRequest {
            method: self.head.method.as_str(),
            path: self.head.path,
            query: self.uri.query().unwrap_or_default(),
            headers: self.head.headers,
            authority: self.uri.authority().map(|a| a.as_str()),
        }
    }

    /// Asks whether the call may go on, where anyone is asked.
    async fn authorize(
        &mut self,
        target: &Target<'_>,
        caller: &Caller,
        input: &Value,
    ) -> Result<(), Problem> {
        let Some(authorize) = &self.router.authorization.0 else { return Ok(()) };
        let call = auth::Call {
            caller,
            service: target.mounted.schema,
            operation: target.operation,
            input,
            headers: self.head.headers,
            origin: self.origin,
            peer: self.peer,
        };
        authorize.authorize(&call).await.map_err(|refused| {
            self.denied_by = refused.by;
            refused.error.into()
        })
    }

    fn target(&mut self) -> Result<Target<'a>, Problem> {
        let (index, labels) = match &mut self.identified.found {
            Found::Operation(index, labels) => (*index, std::mem::take(labels)),
            Found::Unknown(name) => return Err(Problem::UnknownOperation(std::mem::take(name))),
            Found::NoService(name) => return Err(Problem::UnknownService(std::mem::take(name))),
            Found::InForm => return Err(Problem::UnknownOperation(String::new())),
        };
        let mounted = self.service().ok_or_else(|| Problem::UnknownService(String::new()))?;
        let operation =
            mounted.operation_schema(index).ok_or_else(|| Problem::UnknownOperation(String::new()))?;
        if !operation.typed {
            return Err(ServiceError::not_implemented(mounted.schema.sdk_id, operation.name).into());
        }
        Ok(Target { mounted, index, operation, labels })
    }

    async fn call(
        &mut self,
        service: &dyn Service,
        operation: usize,
        caller: Caller,
        input: Value,
    ) -> Result<Value, ServiceError> {
        let host = self.head.headers.get(header::HOST).and_then(|v| v.to_str().ok());
        let host = host.or_else(|| self.uri.authority().map(|a| a.as_str())).unwrap_or("localhost");
        let endpoint = format!("{}://{host}", self.origin.scheme());
        let cx = self.cx.insert(Context::new(caller, endpoint));
        service.call(cx, operation, input).await
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    fn asks_first(&self) -> bool {
        self.head
            .headers
            .get(header::EXPECT)
            .is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    }

    /// Reads the body; a request whose body is gone already has none.
    async fn read<B>(
        &self,
        body: Option<B>,
        limit: u64,
        operation: &str,
        hashed: bool,
    ) -> Result<Held<'a>, Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let Some(body) = body else { return Ok(Held::default()) };
        if self.asks_first() && body.size_hint().lower() > limit {
            return Err(too_large(limit, operation));
        }
        let packed = self.head.headers.get(header::CONTENT_ENCODING).is_some_and(|v| v.as_bytes() == b"gzip");
        self.router.intake.read(body, limit, packed, hashed).await.map_err(|unread| match unread {
            Unread::TooLarge => too_large(limit, operation),
            Unread::Broken(cause) => Malformed::new(format!("The body could not be read: {cause}")).into(),
            Unread::Late => {
                ServiceError::coded("RequestTimeout", 408, "The body did not arrive in time").into()
            }
        })
    }
}

/// A body has more than `limit` bytes; `operation` is empty where only the body would tell it.
fn too_large(limit: u64, operation: &str) -> Problem {
    let of = if operation.is_empty() { String::new() } else { format!(" for the {operation} operation") };
    let text = format!("Request must be smaller than {limit} bytes{of}");
    ServiceError::from(Error::new(ErrorKind::TooLarge, text)).into()
}
