//! Where requests for APIs come in.

use crate::{
    address::{Address, URL_PREFIX},
    body::{Intake, Unread},
    call::Call,
    function_url::FunctionUrls,
    gate::Gate,
    ids,
    limits::MAX_HEADER_BYTES,
    outgoing::Outgoing,
};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tinderbox_base::{Clock, Random, RequestId};

/// One API as it is served: an immutable picture that a change replaces whole.
#[async_trait::async_trait]
pub trait Served: Send + Sync {
    /// Answers a request. It never fails: whatever goes wrong becomes an answer.
    async fn serve(self: Arc<Self>, call: Call) -> Response<Outgoing>;
}

/// The APIs that are served, by their ids, which are unique among all accounts and kinds.
#[derive(Default)]
pub struct Registry {
    apis: ArcSwap<HashMap<String, Arc<dyn Served>>>,
    changes: Mutex<()>,
    urls: OnceLock<FunctionUrls>,
}

impl Registry {
    /// Serves `api` under `id` from now on.
    pub fn put(&self, id: &str, api: Arc<dyn Served>) {
        self.change(|apis| drop(apis.insert(id.to_owned(), api)));
    }

    /// Serves nothing under `id` any more.
    pub fn remove(&self, id: &str) {
        self.change(|apis| drop(apis.remove(id)));
    }

    /// Whether there is an API of this id.
    pub fn has(&self, id: &str) -> bool {
        self.apis.load().contains_key(id)
    }

    /// Serves function URLs too. Only the first telling counts.
    pub fn connect_urls(&self, urls: FunctionUrls) {
        let _ = self.urls.set(urls);
    }

    fn get(&self, id: &str) -> Option<Arc<dyn Served>> {
        match id.strip_prefix(URL_PREFIX) {
            Some(url) => Some(self.urls.get()?.served(url)),
            None => self.apis.load().get(id).cloned(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<String, Arc<dyn Served>>)) {
        let _held = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut apis = HashMap::clone(&self.apis.load());
        change(&mut apis);
        self.apis.store(Arc::new(apis));
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.apis.load().keys()).finish()
    }
}

/// Answers requests for APIs.
#[derive(Debug)]
pub struct Gateway {
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    intake: Intake,
}

impl Gateway {
    /// The gateway to the APIs of `registry`.
    pub fn new(registry: Arc<Registry>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { registry, clock, random, intake: Intake::default() }
    }

    /// Answers a request for the API at `address`, sent from `source_ip` through `gate`, whose headers were written
    /// as `names` are as far as that is known.
    pub async fn handle<B>(
        &self,
        request: Request<B>,
        address: Address,
        source_ip: IpAddr,
        names: Vec<Box<str>>,
        gate: Arc<dyn Gate>,
    ) -> Response<Outgoing>
    where
        B: http_body::Body<Data = Bytes>,
    {
        let (received, started) = (self.clock.now(), self.clock.monotonic());
        let request_id = RequestId::new(&*self.random);
        let (parts, body) = request.into_parts();
        let api = self.registry.get(&address.api);
        let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let read = self.intake.read(body).await;
        let refused = |status, kind, message| {
            identified(refusal(status, kind, message), request_id).map(Outgoing::Whole)
        };
        let Some(api) = api else {
            return refused(StatusCode::FORBIDDEN, "ForbiddenException", "Forbidden");
        };
        if bytes > MAX_HEADER_BYTES {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return refused(status, "BadRequestException", "Request Header Fields Too Large");
        }
        let (body, _room) = match read {
            Ok(read) => read,
            Err(Unread::TooLarge) => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return refused(status, "RequestTooLargeException", "Request Too Long");
            }
            Err(Unread::Broken) => {
                return refused(StatusCode::BAD_REQUEST, "BadRequestException", "Bad Request");
            }
        };
        let given = parts.headers.get("x-amzn-trace-id").and_then(|v| v.to_str().ok());
        let given = given.filter(|trace| trace.contains("Root=")).map(str::to_owned);
        let call = Call {
            method: parts.method,
            uri: parts.uri,
            version: parts.version,
            headers: parts.headers,
            body,
            address,
            source_ip,
            request_id,
            extended_id: ids::extended(&*self.random),
            received,
            started,
            trace: given.unwrap_or_else(|| ids::trace_root(&*self.clock, &*self.random)),
            names,
            gate,
        };
        api.serve(call).await
    }
}

/// API Gateway's own answer: a message, and in a header the name of what is wrong.
pub(crate) fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response<Bytes> {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(kind));
    response
}

/// The answer with the request's id.
pub(crate) fn identified(mut response: Response<Bytes>, id: RequestId) -> Response<Bytes> {
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-amzn-requestid"), id);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use std::net::Ipv4Addr;
    use tinderbox_base::{ManualClock, SeededRandom};

    struct Echo;

    #[async_trait::async_trait]
    impl Served for Echo {
        async fn serve(self: Arc<Self>, call: Call) -> Response<Outgoing> {
            Response::new(Bytes::from(call.path().to_owned()).into())
        }
    }

    #[tokio::test]
    async fn apis_are_found_by_their_address() {
        let registry = Arc::new(Registry::default());
        registry.put("abc", Arc::new(Echo));
        let gateway = Gateway::new(
            Arc::clone(&registry),
            Arc::new(ManualClock::default()),
            Arc::new(SeededRandom::new(1)),
        );
        let check = async |path: &str, body: usize, status: u16, expect: &str| {
            let request =
                Request::builder().uri(path).body(Full::new(Bytes::from(vec![0; body]))).expect("valid");
            let address = Address::of(request.uri(), request.headers()).expect("an address");
            let gate = Arc::new(crate::gate::Closed);
            let answer = gateway.handle(request, address, Ipv4Addr::LOCALHOST.into(), Vec::new(), gate).await;
            let found = answer.status().as_u16();
            let (body, complete) = crate::streamed::tests::body(answer.into_body()).await;
            assert_eq!((found, body.as_str(), complete), (status, expect, true), "{path}");
        };
        check("/_aws/execute-api/abc/s/x", 0, 200, "/s/x").await;
        check("/_aws/execute-api/other/s/x", 0, 403, r#"{"message":"Forbidden"}"#).await;
        check("/_aws/execute-api/abc/s", (10 << 20) + 1, 413, r#"{"message":"Request Too Long"}"#).await;
        registry.remove("abc");
        check("/_aws/execute-api/abc/s/x", 0, 403, r#"{"message":"Forbidden"}"#).await;
    }
}
