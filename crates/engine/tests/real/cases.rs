//! What must hold with real processes.

use crate::bed::{Bed, Function, Shape, custom, function, missing, node, official_python, python, text};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tinderbox_engine::{
    Boot, Endpoint, EndpointGuard, InstanceInfo, Listeners, MAX_RESPONSE_BYTES, Outcome, Phase, StartKind,
    Version,
};
use tokio::io::AsyncWriteExt;

type Case = fn() -> Pin<Box<dyn Future<Output = ()>>>;

pub(crate) const ALL: &[(&str, Case)] = &[
    ("hello", || Box::pin(hello())),
    ("starts", || Box::pin(starts())),
    ("errors", || Box::pin(errors())),
    ("exits", || Box::pin(exits())),
    ("timeouts", || Box::pin(timeouts())),
    ("memory", || Box::pin(memory())),
    ("initialisations", || Box::pin(initialisations())),
    ("twenty_at_once", || Box::pin(twenty_at_once())),
    ("log_order", || Box::pin(log_order())),
    ("freezing", || Box::pin(freezing())),
    ("the_platform_inside", || Box::pin(the_platform_inside())),
    ("dead_makers_are_replaced", || Box::pin(dead_makers_are_replaced())),
    ("official_python_client", || Box::pin(official_python_client())),
    ("custom_runtime", || Box::pin(custom_runtime())),
    ("custom_runtime_that_cannot_start", || Box::pin(custom_runtime_that_cannot_start())),
];

const PYTHON_HELLO: &str = "def handler(event, context):\n    return {'hello': event['name']}\n";
const NODE_HELLO: &str = "exports.handler = async (event) => ({ hello: event.name });\n";

fn python_function(code: &str) -> Option<Function> {
    Some(function(&python()?, "index.py", code, Shape::default()))
}

async fn hello() {
    let bed = Bed::new().await;
    let functions = [
        python_function(PYTHON_HELLO),
        node().map(|class| function(&class, "index.js", NODE_HELLO, Shape::default())),
    ];
    for function in functions.into_iter().flatten() {
        let response = bed.invoke(&function, r#"{"name":"world"}"#).await;
        let body: serde_json::Value = serde_json::from_str(&text(&response.outcome)).unwrap();
        assert_eq!(body, serde_json::json!({ "hello": "world" }));
        let peak = response.report.memory_peak;
        assert!((1 << 20..128 << 20).contains(&peak), "{peak}");
    }
    bed.end().await;
}

async fn starts() {
    let bed = Bed::new().await;
    let Some(hello) = python_function(PYTHON_HELLO) else { return };
    bed.engine.prepare(&hello.version.class);
    bed.until(|s| s.stems == 2).await;
    let first = bed.invoke(&hello, r#"{"name":1}"#).await;
    assert_eq!((first.start, first.report.init.is_some()), (StartKind::Stem, true));
    let second = bed.invoke(&hello, r#"{"name":1}"#).await;
    assert_eq!((second.start, second.report.init), (StartKind::Warm, None));
    let spawned = Shape { boot: Boot::Spawn, ..Shape::default() };
    let spawned = function(&hello.version.class, "index.py", PYTHON_HELLO, spawned);
    assert_eq!(bed.invoke(&spawned, r#"{"name":1}"#).await.start, StartKind::Spawn);
    bed.engine.retire(&hello.version.id);
    while !hello.heard().contains(&"ENDED".to_owned()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bed.end().await;
}

async fn errors() {
    let bed = Bed::new().await;
    let Some(function) = python_function("def handler(event, context):\n    raise KeyError('k')\n") else {
        return;
    };
    let response = bed.invoke(&function, "{}").await;
    let Outcome::HandlerError { kind, body } = &response.outcome else { panic!("{:?}", response.outcome) };
    assert_eq!(kind, "KeyError");
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["errorType"], "KeyError");
    assert_eq!(bed.invoke(&function, "{}").await.start, StartKind::Warm);
    bed.end().await;
}

async fn exits() {
    let bed = Bed::new().await;
    let code = "import os\ndef handler(event, context):\n    print('bye', flush=True)\n    os.kill(os.getpid(), event) if event > 3 else os._exit(event)\n";
    let Some(function) = python_function(code) else { return };
    let response = bed.invoke(&function, "3").await;
    assert_eq!(response.outcome, Outcome::Exited { code: Some(3), signal: None });
    assert_eq!(response.report.billed, Duration::from_millis(100));
    let response = bed.invoke(&function, "11").await;
    assert_eq!(response.outcome, Outcome::Exited { code: None, signal: Some(11) });
    assert!(function.heard().contains(&"bye".to_owned()));
    bed.end().await;
}

async fn timeouts() {
    let bed = Bed::new().await;
    let code =
        "import time\ndef handler(event, context):\n    print('before', flush=True)\n    time.sleep(60)\n";
    let shape = Shape { timeout: Duration::from_secs(1), ..Shape::default() };
    let Some(class) = python() else { return };
    let function = function(&class, "index.py", code, shape);
    let response = bed.invoke(&function, "{}").await;
    assert_eq!(response.outcome, Outcome::TimedOut);
    assert_eq!(response.report.duration, Duration::from_secs(1));
    let heard = function.heard();
    let place =
        |line: &str| heard.iter().position(|l| l == line).unwrap_or_else(|| panic!("{line}: {heard:?}"));
    assert!(place("START") < place("before") && place("before") < place("END"));
    bed.end().await;
}

async fn memory() {
    let bed = Bed::new().await;
    let code = "def handler(event, context):\n    x = bytearray(event * 1024 * 1024)\n    return len(x)\n";
    let Some(function) = python_function(code) else { return };
    let fits = bed.invoke(&function, "64").await;
    assert!(matches!(fits.outcome, Outcome::Success(_)), "{:?}", fits.outcome);
    assert!(fits.report.memory_peak > 64 << 20);
    assert_eq!(bed.invoke(&function, "400").await.outcome, Outcome::OutOfMemory);
    assert!(matches!(bed.invoke(&function, "1").await.outcome, Outcome::Success(_)));
    bed.end().await;
}

async fn initialisations() {
    let bed = Bed::with(|config| config.init_timeout_s = 1).await;
    let Some(broken) = python_function("import nothing_of_this_name\n") else { return };
    let response = bed.invoke(&broken, "{}").await;
    let Outcome::InitError { kind, .. } = &response.outcome else { panic!("{:?}", response.outcome) };
    assert_eq!(kind, "Runtime.ImportModuleError");
    assert_eq!(response.report.phase, Phase::Init);
    let Some(exits) = python_function("import os\nos._exit(5)\n") else { return };
    let response = bed.invoke(&exits, "{}").await;
    assert_eq!(response.outcome, Outcome::Exited { code: Some(5), signal: None });
    let Some(class) = python() else { return };
    let shape = Shape { timeout: Duration::from_secs(1), ..Shape::default() };
    let hangs = function(&class, "index.py", "import time\ntime.sleep(60)\n", shape);
    let response = bed.invoke(&hangs, "{}").await;
    assert_eq!((response.outcome, response.report.duration), (Outcome::TimedOut, hangs.version.timeout));
    let slow = "import time\ntime.sleep(1.2)\ndef handler(event, context):\n    return event\n";
    let Some(slow) = python_function(slow) else { return };
    let response = bed.invoke(&slow, "7").await;
    assert_eq!(text(&response.outcome), "7");
    assert!(response.report.duration > Duration::from_millis(1200), "{:?}", response.report);
    bed.end().await;
}

async fn twenty_at_once() {
    let bed = Bed::new().await;
    let code = "import time\ndef handler(event, context):\n    time.sleep(2)\n    return event\n";
    let Some(function) = python_function(code) else { return };
    let payloads: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    let responses = futures_util::future::join_all(payloads.iter().map(|p| bed.invoke(&function, p))).await;
    let mut instances = std::collections::HashSet::new();
    for (payload, response) in payloads.iter().zip(responses) {
        assert_eq!(text(&response.outcome), *payload);
        instances.insert(response.instance.id.to_string());
    }
    assert!(instances.len() > 10, "{}", instances.len());
    bed.end().await;
}

async fn log_order() {
    let bed = Bed::new().await;
    let code = "import sys, os\ndef handler(event, context):\n    for i in range(300):\n        print(i)\n        sys.stderr.write(f'e{i}\\n')\n";
    let Some(function) = python_function(code) else { return };
    for _ in 0..3 {
        bed.invoke(&function, "{}").await;
    }
    let heard = function.heard();
    let mut expect = vec!["START".to_owned()];
    expect.extend((0..300).flat_map(|i| [i.to_string(), format!("e{i}")]));
    expect.push("END".to_owned());
    assert_eq!(heard[1..], [expect.clone(), expect.clone(), expect].concat());
    bed.end().await;
}

async fn freezing() {
    let bed = Bed::with(|config| config.freeze_after_ms = 5).await;
    let code = "import threading, time\ncount = 0\ndef tick():\n    global count\n    while True:\n        count += 1\n        time.sleep(0.001)\nthreading.Thread(target=tick, daemon=True).start()\ndef handler(event, context):\n    return count\n";
    let Some(function) = python_function(code) else { return };
    bed.invoke(&function, "{}").await;
    bed.until(|s| s.parked == 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let response = bed.invoke(&function, "{}").await;
    assert_eq!(response.start, StartKind::Warm);
    assert!(response.report.thaw.is_some());
    let count: u32 = text(&response.outcome).parse().unwrap();
    assert!(count < 200, "it ran while it was frozen: {count}");
    bed.end().await;
}

const CUSTOM: &str = r#"
import http.client, json, os, sys
connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def post(path, body, headers={}):
    connection.request('POST', '/2018-06-01/runtime/' + path, body, headers)
    reply = connection.getresponse()
    return reply.status, reply.read()
while True:
    connection.request('GET', '/2018-06-01/runtime/invocation/next')
    reply = connection.getresponse()
    event, head = json.loads(reply.read()), reply.headers
    id = head['Lambda-Runtime-Aws-Request-Id']
    print('event', event, flush=True)
    if event == 'exit': os._exit(7)
    if event == 'hang': __import__('time').sleep(60)
    if event == 'error':
        post(f'invocation/{id}/error', '{"errorType":"E"}', {'Lambda-Runtime-Function-Error-Type': 'Runtime.E'})
    elif event == 'large':
        assert post(f'invocation/{id}/response', b'x' * 7000000)[0] == 413
    else:
        assert post(f'invocation/wrong/response', '1')[0] == 400
        answer = {'event': event, 'arn': head['Lambda-Runtime-Invoked-Function-Arn'], 'env': os.environ['_HANDLER']}
        assert post(f'invocation/{id}/response', json.dumps(answer))[0] == 202
"#;

fn custom_function(code: &str) -> Option<Function> {
    let shape = Shape { boot: Boot::Spawn, timeout: Duration::from_secs(2), ..Shape::default() };
    Some(function(&custom()?, "index.py", code, shape))
}

async fn custom_runtime() {
    let bed = Bed::new().await;
    let Some(function) = custom_function(CUSTOM) else { return };
    let first = bed.invoke(&function, "\"x\"").await;
    assert_eq!((first.start, first.report.init.is_some()), (StartKind::Spawn, true));
    let body: serde_json::Value = serde_json::from_str(&text(&first.outcome)).unwrap();
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    assert_eq!(body, serde_json::json!({ "event": "x", "arn": arn, "env": "index.handler" }));
    for (event, expect, next) in [
        (
            "error",
            Outcome::HandlerError { kind: "Runtime.E".into(), body: r#"{"errorType":"E"}"#.into() },
            true,
        ),
        ("large", Outcome::ResponseTooLarge { size: 7_000_000, limit: MAX_RESPONSE_BYTES }, true),
        ("exit", Outcome::Exited { code: Some(7), signal: None }, false),
        ("hang", Outcome::TimedOut, false),
    ] {
        assert_eq!(bed.invoke(&function, &format!("\"{event}\"")).await.outcome, expect);
        let after = bed.invoke(&function, "\"x\"").await;
        assert!(matches!(after.outcome, Outcome::Success(_)), "{:?}", after.outcome);
        assert_eq!(after.start == StartKind::Warm, next, "after {event}");
    }
    let heard = function.heard();
    assert_eq!(heard[..4], ["INIT_START", "START", "event x", "END"]);
    bed.end().await;
}

async fn custom_runtime_that_cannot_start() {
    let bed = Bed::new().await;
    let code = "import http.client\nc = http.client.HTTPConnection('127.0.0.1:9001')\nc.request('POST', '/2018-06-01/runtime/init/error', '{}', {'Lambda-Runtime-Function-Error-Type': 'Runtime.Bad'})\nc.getresponse().read()\n";
    let Some(says_so) = custom_function(code) else { return };
    let response = bed.invoke(&says_so, "1").await;
    assert_eq!(response.outcome, Outcome::InitError { kind: "Runtime.Bad".into(), body: "{}".into() });
    let Some(exits) = custom_function("raise SystemExit(4)\n") else { return };
    assert_eq!(bed.invoke(&exits, "1").await.outcome, Outcome::Exited { code: Some(4), signal: None });
    let shape = Shape { boot: Boot::Spawn, ..Shape::default() };
    let nothing = function(&missing(), "index.py", "", shape);
    let response = bed.invoke(&nothing, "1").await;
    assert!(matches!(response.outcome, Outcome::StartFailed { .. }), "{:?}", response.outcome);
    while nothing.heard().last().is_none_or(|last| last != "ENDED") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(nothing.heard(), ["INIT_START", "START", "END", "ENDED"]);
    bed.end().await;
}

/// AWS's own client for Python, where `TINDERBOX_AWSLAMBDARIC` names the directory it is installed in
/// (`pip install --target DIR awslambdaric`).
async fn official_python_client() {
    let Some(client) = std::env::var_os("TINDERBOX_AWSLAMBDARIC") else {
        return println!("skipped: TINDERBOX_AWSLAMBDARIC is not set");
    };
    let Some(class) = official_python() else { return };
    let bed = Bed::new().await;
    let code = "def handler(event, context):\n    print('hello')\n    if event == 'bad':\n        raise KeyError('k')\n    return {'id': context.aws_request_id, 'left': context.get_remaining_time_in_millis() > 1000}\n";
    let shape = Shape { boot: Boot::Spawn, layer: Some(client.into()), ..Shape::default() };
    let function = function(&class, "index.py", code, shape);
    for start in [StartKind::Spawn, StartKind::Warm] {
        let response = bed.invoke(&function, "1").await;
        assert_eq!(response.start, start);
        let body: serde_json::Value = serde_json::from_str(&text(&response.outcome)).unwrap();
        assert_eq!(body["left"], true);
    }
    let Outcome::HandlerError { body, .. } = bed.invoke(&function, "\"bad\"").await.outcome else {
        panic!("{:?}", function.heard())
    };
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["errorType"], "KeyError");
    assert!(function.heard().contains(&"hello".to_owned()));
    let broken = Shape {
        boot: Boot::Spawn,
        layer: std::env::var_os("TINDERBOX_AWSLAMBDARIC").map(Into::into),
        ..Shape::default()
    };
    let broken = crate::bed::function(&class, "index.py", "import nothing_of_this_name\n", broken);
    let response = bed.invoke(&broken, "1").await;
    assert!(
        matches!(response.outcome, Outcome::InitError { .. } | Outcome::HandlerError { .. }),
        "{:?}",
        response.outcome
    );
    bed.end().await;
}

async fn dead_makers_are_replaced() {
    let bed = Bed::new().await;
    let Some(hello) = python_function(PYTHON_HELLO) else { return };
    bed.invoke(&hello, r#"{"name":1}"#).await;
    bed.kill_makers();
    // Until the new one is up requests are refused or lost with the old one; then they are served again.
    while !bed
        .try_invoke(&hello, r#"{"name":1}"#)
        .await
        .is_ok_and(|r| matches!(r.outcome, Outcome::Success(_)))
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bed.end().await;
}

/// Tells every connection to the platform which version it comes from.
#[derive(Default)]
struct Telling(Arc<AtomicUsize>);

/// Counts the instances served at the moment.
struct Serving(Arc<AtomicUsize>, tokio::task::AbortHandle);

impl Drop for Serving {
    fn drop(&mut self) {
        self.1.abort();
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Endpoint for Telling {
    fn serve(&self, _: &Arc<InstanceInfo>, version: &Arc<Version>, listeners: Listeners) -> EndpointGuard {
        assert!(listeners.plain.is_some() && listeners.tls.is_some());
        assert!(listeners.dns_tcp.is_some() && listeners.dns_udp.is_some());
        let listener = tokio::net::TcpListener::from_std(listeners.platform.expect("it is there")).unwrap();
        let id = version.id.to_string();
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(id.as_bytes()).await.unwrap();
            }
        });
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::new(Serving(self.0.clone(), task.abort_handle()))
    }
}

async fn the_platform_inside() {
    let endpoint = Telling::default();
    let serving = endpoint.0.clone();
    let bed = Bed::with_endpoint(|_| {}, Arc::new(endpoint)).await;
    let code = "import socket\ndef handler(event, context):\n    return socket.create_connection(('127.0.0.2', 4566)).recv(99).decode()\n";
    let Some(function) = python_function(code) else { return };
    let spawned = Shape { boot: Boot::Spawn, ..Shape::default() };
    let spawned = crate::bed::function(&function.version.class, "index.py", code, spawned);
    for function in [&function, &spawned] {
        let response = bed.invoke(function, "{}").await;
        assert_eq!(text(&response.outcome), format!("\"{}\"", function.version.id));
    }
    assert_eq!(serving.load(Ordering::SeqCst), 2);
    bed.end().await;
    assert_eq!(serving.load(Ordering::SeqCst), 0);
}
