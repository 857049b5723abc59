//! Requests that nobody sent: a method or an authorizer is tried as it is now, deployed or not.

use super::{
    Edge, Runtime, ServedApi, StageLive, Variant, authorizer,
    compiled::{Compiled, Routed},
    exchange::Exchange,
    finish,
    trace::{self, Trace, usual},
    trouble::Failed,
};
use crate::{
    address::Address,
    call::Call,
    gate::{Closed, Signer},
    ids,
    limits::MAX_UPSTREAM_BODY,
    outgoing,
    rest_api::{
        errors,
        model::{Api, ApiKey, Authorizer, Deployment, Stage, Texts},
        table::Namespace,
    },
};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri, Version};
use bytes::Bytes;
use std::{collections::HashMap, net::Ipv4Addr, sync::Arc};
use tinderbox_base::{RequestId, Result};

/// The stage that a method's test is in, and an authorizer's.
const METHOD_STAGE: &str = "test-invoke-stage";
const AUTHORIZER_STAGE: &str = "ESTestInvoke-stage";
/// The host that a test asks.
const HOST: &str = "testPrefix.testDomainName";

/// The request of a test.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// Its path and query string; none is the resource's own.
    pub path: Option<String>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Option<String>,
    /// The stage's variables.
    pub stage_variables: Texts,
    /// Who asks for the test.
    pub signer: Signer,
}

/// How a method's test ended.
#[derive(Clone, Debug)]
pub struct TestedMethod {
    /// The answer's status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
    /// What happened, line by line.
    pub log: String,
    /// Milliseconds that it took.
    pub latency: i64,
}

/// How an authorizer's test ended.
#[derive(Clone, Debug)]
pub struct TestedAuthorizer {
    /// The status that a client would have got; 0 if the authorizer answered.
    pub status: u16,
    /// What happened, line by line.
    pub log: String,
    /// Milliseconds that it took.
    pub latency: i64,
    /// Whom it named.
    pub principal: Option<String>,
    /// The policy that it answered with, as JSON.
    pub policy: Option<String>,
}

/// An API that is tried.
pub(in crate::rest_api) struct Tried<'a> {
    pub(in crate::rest_api) edge: &'a Arc<Edge>,
    pub(in crate::rest_api) namespace: &'a Arc<Namespace>,
    pub(in crate::rest_api) api: &'a Arc<Api>,
    pub(in crate::rest_api) runtime: &'a Arc<Runtime>,
}

impl Tried<'_> {
    /// Tries a method. Neither who may call nor how often is looked at.
    pub(in crate::rest_api) async fn method(
        self,
        resource: &str,
        http_method: &str,
        test: TestRequest,
    ) -> Result<TestedMethod> {
        let found = self.api.definition.resources.get(resource).ok_or_else(|| errors::missing("Resource"))?;
        if !found.methods.contains_key(http_method) && !found.methods.contains_key("ANY") {
            return Err(errors::missing("Method"));
        }
        let path = test.path.clone().filter(|path| !path.is_empty()).unwrap_or_else(|| found.path.clone());
        let (resource, template) = (found.id.clone(), found.path.clone());
        let mut exchange = self.exchange(METHOD_STAGE, &path, http_method, test)?;
        let routed = exchange.variant().and_then(|variant| {
            let own = |routed: &Routed| routed.route.resource_id == resource;
            // A path that leads elsewhere gives no parameters; the resource's template always leads to it.
            let by_path = variant.compiled.find(http_method, exchange.path()).filter(own);
            by_path.or_else(|| variant.compiled.find(http_method, &template).filter(own))
        });
        exchange.routed = routed;
        exchange.api_key = Some(Arc::new(ApiKey {
            id: "test-invoke-api-key-id".into(),
            value: "test-invoke-api-key".into(),
            ..ApiKey::default()
        }));
        let route = exchange.route().ok_or_else(|| errors::missing("Method"))?;
        exchange.note_request();
        let (answer, failed) = match exchange.carry_out(&route).await {
            Ok(mut answer) => {
                if let Some(parts) = exchange.parts.take() {
                    *answer.body_mut() = outgoing::collect(parts, MAX_UPSTREAM_BODY).await;
                }
                finish::type_body(&mut answer);
                (answer, None)
            }
            // Its type is said only where the API says it.
            Err(failed) => (finish::refusal(&exchange, &failed), Some(failed)),
        };
        exchange.note_end(failed.as_ref(), &answer);
        Ok(tested(&exchange, &answer))
    }

    /// Tries an authorizer.
    pub(in crate::rest_api) async fn authorizer(
        self,
        authorizer: &Authorizer,
        test: TestRequest,
    ) -> Result<TestedAuthorizer> {
        let path = test.path.clone().filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned());
        let exchange = self.exchange(AUTHORIZER_STAGE, &path, "GET", test)?;
        let id = exchange.call.request_id;
        exchange.note(|| format!("Starting authorizer: {} for request: {id}", authorizer.id));
        let answered = answered(&exchange, authorizer).await;
        let (status, principal, policy) = match answered {
            Ok((principal, policy)) => {
                exchange
                    .note(|| format!("Using valid authorizer policy for principal: {}", masked(&principal)));
                exchange.note(|| "Successfully completed authorizer execution".to_owned());
                (0, Some(principal), policy)
            }
            Err(failed) => {
                exchange.note(|| trace::why(&failed));
                (failed.status(), None, None)
            }
        };
        let (log, latency) = (log(&exchange), latency(&exchange));
        Ok(TestedAuthorizer { status, log, latency, principal, policy })
    }

    fn exchange(self, stage: &str, path: &str, method: &str, test: TestRequest) -> Result<Exchange> {
        let bad = |what: &str| errors::bad(format!("Invalid {what} specified for the test"));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let uri: Uri = format!("http://{HOST}{path}").parse().map_err(|_| bad("path"))?;
        let mut headers = HeaderMap::new();
        let mut names = Vec::new();
        for (name, value) in &test.headers {
            names.push(name.as_str().into());
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad("header"))?;
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad("header"))?);
        }
        let Edge { clock, random, .. } = &**self.edge;
        let call = Call {
            method: Method::from_bytes(method.as_bytes()).map_err(|_| bad("method"))?,
            uri,
            version: Version::HTTP_11,
            headers,
            body: test.body.unwrap_or_default().into(),
            address: Address { api: self.api.id().to_owned(), prefix: 0 },
            source_ip: Ipv4Addr::UNSPECIFIED.into(),
            request_id: RequestId::new(&**random),
            extended_id: ids::extended(&**random),
            received: clock.now(),
            started: clock.monotonic(),
            trace: ids::trace_root(&**clock, &**random),
            names,
            gate: Arc::new(Closed),
        };
        let live = Arc::new(StageLive::of_test(self.api, stage, test.stage_variables));
        let served = ServedApi {
            edge: Arc::clone(self.edge),
            namespace: Arc::clone(self.namespace),
            api: Arc::clone(self.api),
            runtime: Arc::clone(self.runtime),
            stages: HashMap::new(),
        };
        let mut exchange = Exchange::new(Arc::new(served), call);
        exchange.stage = Some(live);
        exchange.signer = Some(test.signer);
        exchange.trace = Some(Trace::default());
        Ok(exchange)
    }
}

impl StageLive {
    /// A stage of what the API is now.
    fn of_test(api: &Api, name: &str, variables: Texts) -> Self {
        let definition = Arc::new(api.definition.clone());
        let compiled = Arc::new(Compiled::new(&Deployment { definition, ..Deployment::default() }));
        let stage = Stage { stage_name: name.to_owned(), ..Stage::default() };
        let base = Variant::new(compiled, variables);
        Self { stage: Arc::new(stage), base, canary: None, access_log: None }
    }
}

/// Whom an authorizer names, and its policy.
async fn answered(exchange: &Exchange, authorizer: &Authorizer) -> Result<(String, Option<String>), Failed> {
    let identity = authorizer::identity(exchange, authorizer)?;
    exchange.note(|| format!("Incoming identity: {}", masked(&identity.join(", "))));
    let payload = authorizer::ask(exchange, authorizer, &identity).await?;
    exchange.note(|| format!("Authorizer result body before parsing: {}", String::from_utf8_lossy(&payload)));
    let authorization = authorizer::read(&payload).map_err(authorizer::unreadable)?;
    let whole: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
    let policy = whole.get("policyDocument").map(ToString::to_string);
    Ok((authorization.principal, policy))
}

/// A secret's end.
fn masked(text: &str) -> String {
    let end = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    let (hidden, shown) = text.split_at(end);
    format!("{}{shown}", "*".repeat(hidden.chars().count()))
}

fn tested(exchange: &Exchange, answer: &Response<Bytes>) -> TestedMethod {
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| (usual(name.as_str()), crate::call::text(value).into_owned()));
    TestedMethod {
        status: answer.status().as_u16(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(answer.body()).into_owned(),
        log: log(exchange),
        latency: latency(exchange),
    }
}

fn log(exchange: &Exchange) -> String {
    let id = exchange.call.request_id.to_string();
    exchange.trace.as_ref().map(|trace| trace.text(&id)).unwrap_or_default()
}

fn latency(exchange: &Exchange) -> i64 {
    let took = exchange.served.edge.clock.monotonic().since(exchange.call.started);
    i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_show_their_ends() {
        fn check(text: &str, expect: &str) {
            assert_eq!(masked(text), expect);
        }
        check("allow-me", "****w-me");
        check("me", "me");
        check("", "");
    }
}
