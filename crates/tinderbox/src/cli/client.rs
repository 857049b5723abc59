//! A client of the AWS APIs, as far as the command line needs them.
//!
//! It signs with the credentials of the environment, where there are any: the loopback listener asks for none unless it is
//! configured to.

use super::{Failure, Outcome, failure::During, signer::Signer};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioExecutor};
use serde_json::Value;
use std::future::Future;
use tinderbox_wire::sigv4::sha256;

/// The largest answer the command line reads: a function's 6 MB response, and headroom.
const MAX_ANSWER: usize = 16 << 20;

/// Where the platform is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Endpoint {
    /// Address of the platform.
    #[arg(long, env = "AWS_ENDPOINT_URL", default_value = "http://127.0.0.1:4566", global = true)]
    endpoint: String,
}

impl Endpoint {
    /// A client of this endpoint.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.endpoint)
    }
}

/// A client of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    endpoint: String,
    credentials: Option<Signer>,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// An error that the platform answered.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The status.
    pub(crate) status: StatusCode,
    /// The error's code, such as `ResourceNotFoundException`.
    pub(crate) code: String,
    /// The error's message.
    pub(crate) message: String,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let Refusal { status, code, message } = refusal;
        match (code.as_str(), message.as_str()) {
            ("", "") => Failure::new(format!("the platform answered {status}")),
            (code, "") => Failure::new(code),
            (code, message) => Failure::new(format!("{message} ({code})")),
        }
    }
}

impl Client {
    /// A client of `endpoint`, such as `http://127.0.0.1:4566`.
    pub(crate) fn new(endpoint: &str) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        let credentials = Signer::from_environment();
        Self { endpoint: endpoint.trim_end_matches('/').to_owned(), credentials, http }
    }

    /// The address this client speaks to.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// One exchange of Lambda's REST API; `Err` within is the platform's refusal.
    pub(crate) async fn lambda(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Outcome<Result<Response<Bytes>, Refusal>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.exchange("lambda", request, body.into()).await
    }

    /// The same with JSON both ways.
    pub(crate) async fn lambda_json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Outcome<Result<Value, Refusal>> {
        let text = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = self.lambda(method, path, &[("content-type", "application/json")], text).await?;
        match answer {
            Ok(answer) => parse(answer.body()).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// One operation of CloudWatch Logs.
    pub(crate) async fn logs(&self, operation: &str, body: &Value) -> Outcome<Result<Value, Refusal>> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/", self.endpoint))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Logs_20140328.{operation}"));
        let answer = self.exchange("logs", request, body.to_string().into()).await?;
        match answer {
            Ok(answer) => parse(answer.body()).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// One operation of IAM: its answer's XML.
    pub(crate) async fn iam(
        &self,
        operation: &str,
        parameters: &[(&str, String)],
    ) -> Outcome<Result<String, Refusal>> {
        let mut form = format!("Action={operation}&Version=2010-05-08");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", super::package::percent(value)));
        }
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/", self.endpoint))
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.exchange("iam", request, form.into()).await?;
        Ok(answer.map(|answer| String::from_utf8_lossy(answer.body()).into_owned()))
    }

    async fn exchange(
        &self,
        service: &str,
        request: http::request::Builder,
        body: Bytes,
    ) -> Outcome<Result<Response<Bytes>, Refusal>> {
        let endpoint = &self.endpoint;
        let hash = sha256(&body);
        let mut request = request.body(Full::new(body)).during(|| format!("{endpoint} is not an address"))?;
        if let Some(credentials) = &self.credentials {
            credentials.sign(service, &mut request, &hash);
        }
        let answer = self.http.request(request).await.map_err(|error| {
            let failure = Failure::new(format!("cannot reach Tinderbox at {endpoint}: {}", root(&error)));
            failure.help("start it with `tinderbox up`, or name its address with --endpoint")
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| Failure::new(format!("the answer broke off: {error}")))?.to_bytes();
        if head.status.is_success() {
            return Ok(Ok(Response::from_parts(head, body)));
        }
        Ok(Err(refusal(&head, &body)))
    }
}

fn refusal(head: &http::response::Parts, body: &[u8]) -> Refusal {
    if let Some(error) = std::str::from_utf8(body).ok().filter(|text| text.contains("<Error>")) {
        let part = |name: &str| {
            let rest = error.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
            rest.and_then(|rest| rest.split_once('<')).map_or_else(String::new, |(text, _)| text.to_owned())
        };
        return Refusal { status: head.status, code: part("Code"), message: part("Message") };
    }
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text =
        |names: &[&str]| names.iter().find_map(|name| body[*name].as_str()).unwrap_or_default().to_owned();
    let header = head.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = header.map_or_else(|| text(&["__type", "code", "Code"]), str::to_owned);
    let code = code.split(':').next().unwrap_or_default();
    Refusal {
        status: head.status,
        code: code.rsplit('#').next().unwrap_or_default().to_owned(),
        message: text(&["message", "Message"]),
    }
}

fn parse(body: &[u8]) -> Outcome<Value> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).during(|| "the platform's answer is not JSON".into())
}

fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Runs a client command to its end.
pub(crate) fn block_on<T>(command: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.during(|| "cannot start".into())?.block_on(command)
}
