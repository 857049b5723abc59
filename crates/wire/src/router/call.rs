//! One request on its way: what it is for, its input, its answer.

use super::{
    Router,
    fault::{Problem, problem},
    intake::Held,
};
use crate::{
    Context, Origin, Service, ServiceError, Value,
    body::Unread,
    codec::{self, Malformed},
    mounted::Mounted,
    route::{Found, Head, Identified, identify_form, parse_query},
    schema::{DEFAULT_BODY_LIMIT, OperationSchema},
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
    pub(super) identified: Identified,
    pub(super) cx: Option<Context>,
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
        let (target, caller, query) = match self.prepare(&mut body).await {
            Ok(prepared) => prepared,
            Err(problem) => {
                // A client that asked before sending learns now, and keeps its body.
                if let Some(body) = body.filter(|_| !self.asks_first()) {
                    self.router.intake.discard(body).await;
                }
                return Err(problem);
            }
        };
        let held = self.read(body, target.operation.body_limit, target.operation.name).await?;
        let (schema, protocol) = (target.mounted.schema, self.identified.protocol);
        let bytes = held.bytes.clone();
        let request =
            codec::Request { labels: target.labels, query, headers: self.head.headers, body: bytes };
        let input = codec::decode(schema, target.operation, protocol, &request)?;
        drop((request, held));
        validate(schema, &target.mounted.patterns, target.operation.input, &input)
            .map_err(|text| ServiceError::coded(schema.constraint_code, 400, text))?;
        let output = self.call(&*target.mounted.service, target.index, caller, input).await?;
        Ok(codec::encode(schema, target.operation, protocol, output, self.id))
    }

    /// Everything that can be refused before the body is read, a form's excepted, which is taken.
    async fn prepare<B>(
        &mut self,
        body: &mut Option<B>,
    ) -> Result<(Target<'a>, Caller, Vec<(String, String)>), Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let trace = self.head.headers.get("x-amzn-trace-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let caller =
            self.origin.caller(self.head.scope, self.id, trace).map_err(|_| Problem::foreign_key())?;
        let mut query = self.head.query.to_vec();
        if self.identified.found == Found::InForm {
            if self.head.method == Method::POST {
                let form = self.read(body.take(), DEFAULT_BODY_LIMIT, "").await?;
                query = parse_query(&form.bytes)
                    .ok_or_else(|| Malformed::new("The form has too many parameters"))?;
            }
            self.identified = identify_form(&self.router.services, self.head.scope, &query);
        }
        Ok((self.target()?, caller, query))
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
    async fn read<B>(&self, body: Option<B>, limit: u64, operation: &str) -> Result<Held<'a>, Problem>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let Some(body) = body else { return Ok(Held::default()) };
        if self.asks_first() && body.size_hint().lower() > limit {
            return Err(too_large(limit, operation));
        }
        let packed = self.head.headers.get(header::CONTENT_ENCODING).is_some_and(|v| v.as_bytes() == b"gzip");
        self.router.intake.read(body, limit, packed).await.map_err(|unread| match unread {
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
