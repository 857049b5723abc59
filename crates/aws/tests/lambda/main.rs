//! Lambda's operations, called as a client calls them, over fake instances.

mod calls;
mod errors;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::{fs, io::Write, sync::Arc};
use tinderbox_aws::lambda::LambdaHandlers;
use tinderbox_aws_model_lambda::LambdaService;
use tinderbox_base::{
    AccountId, LogLine, LogOrigin, LogSink, ManualClock, OsRandom, Region, SystemClock, Timestamp, config,
};
use tinderbox_engine::{
    Engine, EngineDeps, NoEndpoint,
    testing::{FakeLauncher, FakeReply},
};
use tinderbox_functions::{AnyRole, Deps, Functions, runtimes::interpreters::Places};
use tinderbox_wire::{Origin, Router};

/// Drops every line.
struct NoLog;

impl LogSink for NoLog {
    fn append(&self, _: &AccountId, _: &Region, _: &str, _: &str, _: LogOrigin, _: Vec<LogLine>) {}
}

/// A server without a socket.
struct Server {
    router: Router,
    functions: Arc<Functions>,
    _root: tempfile::TempDir,
}

/// What a client gets.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

impl Server {
    async fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let program = root.path().join("prefixes/3.12.1/bin/python3.12");
        fs::create_dir_all(program.parent().expect("a parent")).expect("directories");
        fs::write(program, b"\x7fELF").expect("a program");
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_769_903_999_007)));
        let launcher = FakeLauncher::new(|call| match &call.event[..] {
            b"\"fail\"" => FakeReply::Error("KeyError".into(), "{\"errorType\":\"KeyError\"}".into()),
            _ => FakeReply::Success(call.event),
        });
        let engine = Engine::start(EngineDeps {
            config: config::Engine::default(),
            clock: Arc::new(SystemClock::default()),
            random: Arc::new(OsRandom),
            launcher: Arc::new(launcher),
            endpoint: Arc::new(NoEndpoint),
        });
        let functions = Functions::open(Deps {
            store: Arc::new(tinderbox_store::MemoryStore::new(clock.clone()).expect("a store")),
            blobs: tinderbox_blobs::Blobs::open(root.path().join("blobs"), clock.clone()).expect("blobs"),
            engine: engine.await,
            clock,
            random: Arc::new(OsRandom),
            log_sink: Arc::new(NoLog),
            roles: Arc::new(AnyRole),
            targets: Arc::default(),
            config: config::Config::default(),
            data_dir: root.path().to_owned(),
            places: Places { prefixes: vec![root.path().join("prefixes")], path: vec![] },
            ca_bundle: Default::default(),
        });
        let functions = functions.await.expect("functions");
        let handlers = LambdaHandlers::new(functions.clone());
        let router = Router::new(Arc::new(OsRandom)).mount(Arc::new(LambdaService(handlers)));
        Self { router, functions, _root: root }
    }

    /// A server that has the function `hello`.
    async fn with_hello() -> Self {
        let server = Self::new().await;
        let reply = server.send("POST", "/2015-03-31/functions", &[], hello().to_string()).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        server
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:4566");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let response = self.router.handle(request, &Origin::Loopback).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Reply { status, headers, body }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], String::new()).await
    }
}

/// A request that creates the function `hello`.
fn hello() -> Value {
    json!({
        "FunctionName": "hello",
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::123456789012:role/r",
        "Handler": "app.handler",
        "Code": { "ZipFile": zip("1") },
        "Environment": { "Variables": { "STAGE": "prod" } },
        "Tags": { "team": "blue" },
    })
}

/// A package with `text` in it, in base64.
fn zip(text: &str) -> String {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("app.py", zip::write::SimpleFileOptions::default()).expect("a file");
    writer.write_all(text.as_bytes()).expect("written");
    BASE64_STANDARD.encode(writer.finish().expect("a zip").into_inner())
}
