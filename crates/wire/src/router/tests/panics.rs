//! A handler that panics: its caller gets the protocol's 500, the log one line, everybody else nothing.

use super::*;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::{cell::Cell, sync::Once};

/// Panics, at once or after it was polled.
struct Panics(&'static ServiceSchema);

#[async_trait]
impl Service for Panics {
    fn schema(&self) -> &'static ServiceSchema {
        self.0
    }

    async fn call(&self, _: &mut Context, _: usize, input: Value) -> Result<Value> {
        let name = Input::from_value(input)?.name;
        if name == "fine" {
            return Ok(Output { greeting: Some(name) }.into_value());
        }
        if name == "later" {
            tokio::task::yield_now().await;
        }
        panic!("secret of {name}");
    }
}

thread_local! {
    /// Errors that this thread, and so its test, has logged.
    static LOGGED: Cell<usize> = const { Cell::new(0) };
}

/// Counts errors in the log, for each thread.
struct Errors;

impl Errors {
    /// Listens to all threads: one that came and went while other tests log could miss a line.
    fn listen() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Self).expect("nobody else listens"));
    }
}

impl tracing::Subscriber for Errors {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        LOGGED.set(LOGGED.get() + 1);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

fn router() -> Arc<Router> {
    let router = Router::new(Arc::new(SeededRandom::new(1)));
    Arc::new(router.mount(Arc::new(Panics(&REST))).mount(Arc::new(Panics(&RPC))))
}

#[tokio::test]
async fn each_protocol_answers_its_own_500() {
    async fn check(request: Request<Full<Bytes>>, expect: &str) {
        Errors::listen();
        let before = LOGGED.get();
        let (head, body) = router().handle(request, &Origin::Loopback).await.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(head.status, 500, "{body}");
        assert!(body.contains(expect) && !body.contains("secret"), "{body}");
        assert!(head.headers.contains_key("x-amzn-requestid"));
        assert_eq!(LOGGED.get() - before, 1, "lines in the log for {expect}");
    }
    let target = ("x-amz-target", "Rpc_2026.Greet");
    check(request("POST", "/greet/now", &[], ""), r#"{"message":"An internal error occurred."}"#).await;
    check(request("POST", "/greet/later", &[], ""), r#"{"message":"An internal error occurred."}"#).await;
    check(request("POST", "/", &[JSON, target], r#"{"Name":"now"}"#), r#""__type":"Broken""#).await;
    check(request("POST", "/", &[FORM], "Action=Greet&Name=later"), "<Code>Broken</Code>").await;
    let cbor = Request::post("/service/Rpc_2026/operation/Greet").body(Full::new(cbor("now")));
    check(cbor.expect("a request"), "Broken").await;
}

#[tokio::test]
async fn the_connection_goes_on() {
    Errors::listen();
    let (client, server) = tokio::io::duplex(64 * 1024);
    let router = router();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let router = Arc::clone(&router);
        async move { Ok::<_, std::convert::Infallible>(router.handle(request, &Origin::Loopback).await) }
    });
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(client)).await.expect("a connection");
    let requests = async move {
        for (name, status) in [("now", 500), ("fine", 200), ("later", 500), ("fine", 200)] {
            sender.ready().await.expect("the connection is still there");
            let answer = sender.send_request(request("POST", &format!("/greet/{name}"), &[], "")).await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), status, "{name}");
            answer.into_body().collect().await.expect("its body");
        }
    };
    tokio::select! {
        () = requests => {}
        ended = serving => panic!("the server ended the connection: {ended:?}"),
        ended = connection => panic!("the client's connection ended: {ended:?}"),
    }
}
