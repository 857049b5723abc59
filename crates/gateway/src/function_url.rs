//! Function URLs: functions that are called at an address of their own, with events of payload format 2.0.

use crate::{
    call::Call,
    clock_text::common_log,
    edge::Served,
    gate::Signer,
    http_api::{Answer, Defaults, Event, RawPath, cors, model::Cors, write_signer},
    json::{self, Object},
    outgoing::Outgoing,
    streamed,
    url_auth::{self, Guarded, Stopped},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use std::{fmt, sync::Arc, time::Duration};
use tinderbox_base::{Error, ErrorKind, Reply, Result, StreamedReply};

/// What an answer has that does not say it (Lambda guide, "Invoking Lambda function URLs", response payload format).
const DEFAULTS: Defaults = Defaults { content_type: "application/json" };
/// How long a function may take at most; its own timeout ends it before.
const TIMEOUT: Duration = Duration::from_secs(910);

/// An URL as it is served.
#[derive(Clone, Debug, Default)]
pub struct Url {
    /// Which pages of other origins may call.
    pub cors: Option<Cors>,
    /// How its function is asked.
    pub mode: InvokeMode,
    /// What it leads to, if requests must be signed.
    pub guarded: Option<Guarded>,
}

/// How the function behind an URL is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvokeMode {
    /// For an answer in one piece.
    #[default]
    Buffered,
    /// For an answer as it comes.
    Streamed,
}

/// Who has the URLs, and calls what they lead to.
#[async_trait::async_trait]
pub trait UrlSource: Send + Sync {
    /// The URL of this id.
    fn find(&self, id: &str) -> Option<Url>;

    /// Calls what the URL leads to: for somebody who was let through, or else if it lets everybody.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] if it does not; others as of any call of a function.
    async fn call(&self, id: &str, event: Bytes, trace: String, let_through: bool) -> Result<Reply>;

    /// The same, for an answer as it comes. Who stops waiting, or reading, does not stop the function.
    ///
    /// # Errors
    /// As of [`Self::call`].
    async fn stream(&self, id: &str, event: Bytes, trace: String, let_through: bool)
    -> Result<StreamedReply>;
}

/// The function URLs.
#[derive(Clone)]
pub struct FunctionUrls(Arc<dyn UrlSource>);

impl fmt::Debug for FunctionUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionUrls")
    }
}

impl FunctionUrls {
    /// The URLs of `source`.
    pub fn new(source: Arc<dyn UrlSource>) -> Self {
        Self(source)
    }

    /// What answers requests to the URL `id`.
    pub(crate) fn served(&self, id: &str) -> Arc<dyn Served> {
        Arc::new(ServedUrl { source: Arc::clone(&self.0), id: id.to_owned() })
    }
}

struct ServedUrl {
    source: Arc<dyn UrlSource>,
    id: String,
}

#[async_trait::async_trait]
impl Served for ServedUrl {
    async fn serve(self: Arc<Self>, call: Call) -> Response<Outgoing> {
        let url = self.source.find(&self.id);
        let own = url.as_ref().and_then(|url| url.cors.as_ref());
        let preflight = own.filter(|_| cors::is_preflight(&call.method, &call.headers));
        let mut response = match (&url, preflight) {
            (None, _) => {
                refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", "Not Found").map(Outgoing::Whole)
            }
            (Some(_), Some(own)) => {
                let mut response = Response::new(Outgoing::Whole(Bytes::new()));
                *response.headers_mut() = cors::headers(own, &call.headers, true);
                response
            }
            (Some(url), None) => match Self::signer(url, &call).await {
                Ok(signer) if url.mode == InvokeMode::Streamed => self.stream(&call, signer).await,
                Ok(signer) => self.ask(&call, signer).await.map(Outgoing::Whole),
                Err(Stopped::Answered(response)) => response.map(Outgoing::Whole),
                Err(Stopped::Refused(error)) => refused(&call, &error).map(Outgoing::Whole),
            },
        };
        if let (Some(own), None) = (own, preflight) {
            cors::apply(own, &call.headers, response.headers_mut());
        }
        let headers = response.headers_mut();
        let id = call.request_id.to_string();
        for (name, text) in [("x-amzn-requestid", id.as_str()), ("x-amzn-trace-id", call.trace.as_str())] {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

impl ServedUrl {
    /// Who signed, where that is asked.
    async fn signer(url: &Url, call: &Call) -> Result<Option<Signer>, Stopped> {
        match &url.guarded {
            Some(guarded) => url_auth::signer(call, guarded).await.map(Some),
            None => Ok(None),
        }
    }

    async fn ask(&self, call: &Call, signer: Option<Signer>) -> Response<Bytes> {
        let event = event(call, &self.id, signer.as_ref());
        let source = Arc::clone(&self.source);
        let (id, trace) = (self.id.clone(), call.trace.clone());
        // Who stops waiting does not stop the function.
        let work = async move { source.call(&id, event, trace, signer.is_some()).await };
        let work = tokio::spawn(work);
        let reply = match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(Ok(reply))) => reply,
            Ok(Ok(Err(error))) => return refused(call, &error),
            Ok(Err(_)) | Err(_) => return broken(),
        };
        // A function that fails, and one whose answer is none, are told alike (Lambda guide, "Url5xxCount": 502).
        let answer = if reply.failed { None } else { Answer::read(&reply.payload, DEFAULTS).ok() };
        let mut response = answer.map_or_else(broken, Answer::into_response);
        tell_start(reply.start, response.headers_mut());
        response
    }

    /// Answers as the function does, as soon as its status is known.
    async fn stream(&self, call: &Call, signer: Option<Signer>) -> Response<Outgoing> {
        let event = event(call, &self.id, signer.as_ref());
        let work = async {
            let reply = self.source.stream(&self.id, event, call.trace.clone(), signer.is_some()).await?;
            let start = reply.start;
            Ok((start, streamed::answer(reply).await))
        };
        let (start, answer) = match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => return refused(call, &error).map(Outgoing::Whole),
            Err(_) => return broken().map(Outgoing::Whole),
        };
        let mut response = answer.unwrap_or_else(|_| broken().map(Outgoing::Whole));
        tell_start(start, response.headers_mut());
        response
    }
}

fn tell_start(start: Option<&'static str>, headers: &mut HeaderMap) {
    if let Some(start) = start {
        headers.insert(HeaderName::from_static("x-tinderbox-start"), HeaderValue::from_static(start));
    }
}

fn event(call: &Call, id: &str, signer: Option<&Signer>) -> Bytes {
    let query = call.query();
    let (path, route_key) = (RawPath::AsSent, "$default");
    let event = Event { call, path, query: &query, params: &[], route_key, variables: b"null" };
    let context = |out: &mut Vec<u8>| {
        let mut object = Object::begin(out);
        object.text("accountId", signer.map_or("anonymous", |signer| signer.caller.account.as_str()));
        object.text("apiId", id);
        if let Some(signer) = signer {
            object.raw("authentication", b"null");
            write_signer(signer, object.key("authorizer"));
        }
        object.text("domainName", call.domain_name());
        object.text("domainPrefix", id);
        let mut http = Object::begin(object.key("http"));
        http.text("method", call.method.as_str());
        http.text("path", if call.path().is_empty() { "/" } else { call.path() });
        http.text("protocol", call.protocol());
        http.text("sourceIp", &call.source_ip.to_string());
        http.text("userAgent", call.header("user-agent").unwrap_or_default());
        http.end();
        object.text("requestId", &call.request_id.to_string());
        object.text("routeKey", "$default");
        object.text("stage", "$default");
        object.text("time", &common_log(call.received));
        json::number(call.received.as_millis(), object.key("timeEpoch"));
        object.end();
    };
    event.write(context).into()
}

/// What a client reads when a function was not run.
fn refused(call: &Call, error: &Error) -> Response<Bytes> {
    match error.kind() {
        ErrorKind::Denied => refusal(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            "Forbidden. For troubleshooting Function URL authorization issues, see: \
             https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        ),
        ErrorKind::NotFound => refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", "Not Found"),
        ErrorKind::Throttled => {
            refusal(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.")
        }
        ErrorKind::TooLarge => {
            refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", error.message())
        }
        kind => {
            if kind == ErrorKind::Internal {
                let id = call.request_id;
                tracing::error!(request_id = %id, causes = error.causes(), "{}", error.message());
            }
            broken()
        }
    }
}

fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(serde_json::json!({ "Message": message }).to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(kind));
    response
}

fn broken() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(b"Internal Server Error"));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::call;
    use std::sync::Mutex;

    /// Answers with what it was told, and keeps the event.
    struct Told(Mutex<Option<Result<Reply>>>, Mutex<Bytes>);

    #[async_trait::async_trait]
    impl UrlSource for Told {
        fn find(&self, id: &str) -> Option<Url> {
            let cors = Cors { allow_origins: Some(vec!["*".into()]), ..Cors::default() };
            let mode = if id == "streamed" { InvokeMode::Streamed } else { InvokeMode::Buffered };
            (id != "other").then_some(Url { cors: Some(cors), mode, guarded: None })
        }

        async fn call(&self, _: &str, event: Bytes, _: String, _: bool) -> Result<Reply> {
            *self.1.lock().expect("not poisoned") = event;
            self.0.lock().expect("not poisoned").take().expect("one call")
        }

        async fn stream(&self, id: &str, event: Bytes, trace: String, own: bool) -> Result<StreamedReply> {
            let Reply { payload, failed, .. } = self.call(id, event, trace, own).await?;
            let text: &'static str = String::from_utf8_lossy(&payload).into_owned().leak();
            let end = if failed { vec![None] } else { vec![] };
            Ok(streamed::tests::reply(Some("text/plain"), &[vec![Some(text)], end].concat()))
        }
    }

    #[tokio::test]
    async fn answers() {
        async fn check(told: Result<(&'static str, bool), ErrorKind>, status: u16, body: &str) {
            let told = match told {
                Ok((payload, failed)) => Ok(Reply { payload: payload.into(), failed, start: None }),
                Err(kind) => Err(Error::new(kind, "no")),
            };
            let source = Arc::new(Told(Mutex::new(Some(told)), Mutex::default()));
            let urls = FunctionUrls::new(Arc::clone(&source) as _);
            let mut call = call("POST", "/a%2Fb?b=1");
            call.headers.insert(header::ORIGIN, HeaderValue::from_static("http://x"));
            let response = urls.served("xyz").serve(call).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            let (found, _) = streamed::tests::body(response.into_body()).await;
            assert!(found.contains(body), "{found}");
            let event: serde_json::Value =
                serde_json::from_slice(&source.1.lock().expect("not poisoned")).expect("JSON");
            assert_eq!(event["requestContext"]["apiId"], "xyz");
            assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&"/a%2Fb".into(), &"b=1".into()));
        }
        check(Ok((r#"{"a":1}"#, false)), 200, r#"{"a":1}"#).await;
        check(Ok((r#"{"statusCode":404,"body":"no"}"#, false)), 404, "no").await;
        check(Ok((r#"{"errorMessage":"x"}"#, true)), 502, "Internal Server Error").await;
        check(Ok((r#"{"statusCode":1}"#, false)), 502, "Internal Server Error").await;
        check(Err(ErrorKind::Denied), 403, "Forbidden").await;
        check(Err(ErrorKind::Throttled), 429, "Rate Exceeded").await;
        check(Err(ErrorKind::TooLarge), 413, r#"{"Message":"no"}"#).await;
    }

    #[tokio::test]
    async fn answers_as_they_come() {
        async fn check(told: Result<(&'static str, bool), ErrorKind>, status: u16, expect: (&str, bool)) {
            let told = match told {
                Ok((payload, failed)) => Ok(Reply { payload: payload.into(), failed, start: None }),
                Err(kind) => Err(Error::new(kind, "no")),
            };
            let urls = FunctionUrls::new(Arc::new(Told(Mutex::new(Some(told)), Mutex::default())));
            let mut call = call("POST", "/");
            call.headers.insert(header::ORIGIN, HeaderValue::from_static("http://x"));
            let response = urls.served("streamed").serve(call).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            let (found, complete) = streamed::tests::body(response.into_body()).await;
            assert!(found.contains(expect.0) && complete == expect.1, "{found} {complete}");
        }
        check(Ok(("hi", false)), 200, ("hi", true)).await;
        check(Ok(("hi", true)), 200, ("hi", false)).await;
        check(Err(ErrorKind::Denied), 403, ("Forbidden", true)).await;
    }

    #[tokio::test]
    async fn unknown_urls() {
        let source = Told(Mutex::default(), Mutex::default());
        let urls = FunctionUrls::new(Arc::new(source));
        assert_eq!(urls.served("other").serve(call("GET", "/")).await.status(), 404);
    }
}
