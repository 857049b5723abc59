//! A runtime on the other side of a real socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use std::net::SocketAddr;
use tinderbox_runtime_api::{Answer, Event, MAX_BODY_BYTES, Part, Parts, RuntimeApi, Started};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A runtime's connection that speaks HTTP by hand, so that wrong requests can be sent, too.
struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends a request; answers the head of the reply and its body.
    async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> (String, String) {
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n");
        self.0.write_all(head.as_bytes()).await.unwrap();
        self.0.write_all(body).await.unwrap();
        self.reply().await
    }

    async fn reply(&mut self) -> (String, String) {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            assert_ne!(self.0.read_buf(&mut bytes).await.unwrap(), 0, "closed");
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|r| r.split("\r\n").next());
        let length: usize = length.map_or(0, |l| l.parse().unwrap());
        while bytes.len() < end + length {
            assert_ne!(self.0.read_buf(&mut bytes).await.unwrap(), 0, "closed");
        }
        (head, String::from_utf8(bytes[end..].to_vec()).unwrap())
    }

    async fn next(&mut self) -> (String, String) {
        self.ask("GET", "/2018-06-01/runtime/invocation/next", "", b"").await
    }

    async fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> (String, String) {
        self.ask("POST", &format!("/2018-06-01/runtime/{path}"), headers, body).await
    }
}

fn serve() -> (RuntimeApi, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (RuntimeApi::serve(listener).unwrap(), address)
}

fn event(payload: &'static str) -> Event {
    Event {
        request_id: "11111111-2222-4333-8444-555555555555".into(),
        deadline_ms: 1_700_000_000_123,
        arn: "arn:aws:lambda:us-east-1:123456789012:function:f".into(),
        trace: Some("Root=1-2-3".into()),
        client_context: Some("{\n\"client\": 1}".into()),
        payload: Bytes::from_static(payload.as_bytes()),
    }
}

#[tokio::test]
async fn an_invocation_and_its_answer() {
    let (api, address) = serve();
    let runtime = async {
        let mut client = Client::connect(address).await;
        let (head, body) = client.next().await;
        assert_eq!(body, "{\"a\":1}");
        for header in [
            "lambda-runtime-aws-request-id: 11111111-2222-4333-8444-555555555555",
            "lambda-runtime-deadline-ms: 1700000000123",
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:f",
            "lambda-runtime-trace-id: root=1-2-3",
            "lambda-runtime-client-context: {\"client\":1}",
            "content-type: application/json",
        ] {
            assert!(head.contains(header), "{header}: {head}");
        }
        let path = "invocation/11111111-2222-4333-8444-555555555555/response";
        let (head, body) = client.post(path, "", b"{\"b\":2}").await;
        assert!(head.starts_with("http/1.1 202"), "{head}");
        assert_eq!(body.trim(), r#"{"status":"OK"}"#);
        let (head, body) = client.post(path, "", b"{}").await;
        assert!(head.starts_with("http/1.1 403"), "{head}");
        assert!(body.contains("InvalidStateTransition"), "{body}");
    };
    let engine = async {
        assert_eq!(api.started().await, Started::Ready);
        assert_eq!(api.invoke(event("{\"a\":1}")).await, Answer::Success("{\"b\":2}".into()));
    };
    tokio::join!(runtime, engine);
}

#[tokio::test]
async fn errors_and_wrong_ids() {
    let (api, address) = serve();
    let runtime = async {
        let mut client = Client::connect(address).await;
        client.next().await;
        let (head, body) = client.post("invocation/other/response", "", b"{}").await;
        assert!(head.starts_with("http/1.1 400"), "{head}");
        assert_eq!(body.trim(), r#"{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}"#);
        let kind = "Lambda-Runtime-Function-Error-Type: Runtime.Bad\r\n";
        let id = event("").request_id;
        let (head, _) = client.post(&format!("invocation/{id}/error"), kind, b"{\"errorType\":\"X\"}").await;
        assert!(head.starts_with("http/1.1 202"), "{head}");
    };
    let expect = Answer::Error { kind: "Runtime.Bad".into(), body: "{\"errorType\":\"X\"}".into() };
    let engine = async {
        api.started().await;
        assert_eq!(api.invoke(event("")).await, expect);
    };
    tokio::join!(runtime, engine);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_told() {
    let (api, address) = serve();
    let size = MAX_BODY_BYTES + 1;
    let runtime = async {
        let mut client = Client::connect(address).await;
        client.next().await;
        let path = format!("invocation/{}/response", event("").request_id);
        let (head, body) = client.post(&path, "", &vec![b'x'; size as usize]).await;
        assert!(head.starts_with("http/1.1 413"), "{head}");
        assert!(body.contains("RequestEntityTooLarge") && body.contains("6291556"), "{body}");
        // The conversation goes on.
        client.next().await;
        let (head, _) = client.post(&path, "", &vec![b'x'; size as usize - 1]).await;
        assert!(head.starts_with("http/1.1 202"), "{head}");
    };
    let engine = async {
        api.started().await;
        assert_eq!(api.invoke(event("")).await, Answer::TooLarge { size });
        assert!(
            matches!(api.invoke(event("")).await, Answer::Success(body) if body.len() as u64 == size - 1)
        );
    };
    tokio::join!(runtime, engine);
}

#[tokio::test]
async fn a_runtime_that_cannot_start_says_so_once() {
    let (api, address) = serve();
    let mut client = Client::connect(address).await;
    let kind = "Lambda-Runtime-Function-Error-Type: Runtime.NoSuchHandler\r\n";
    let (head, _) = client.post("init/error", kind, b"{}").await;
    assert!(head.starts_with("http/1.1 202"), "{head}");
    assert_eq!(
        api.started().await,
        Started::Failed { kind: "Runtime.NoSuchHandler".into(), body: "{}".into() }
    );
    let (head, _) = client.post("init/error", kind, b"{}").await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    let (head, _) = client.next().await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
}

#[tokio::test]
async fn a_response_in_chunks_may_fail_in_its_trailers() {
    let (api, address) = serve();
    let runtime = async {
        let mut client = Client::connect(address).await;
        client.next().await;
        let id = event("").request_id;
        let request = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
             Trailer: Lambda-Runtime-Function-Error-Type\r\n\r\n3\r\nabc\r\n0\r\n\
             Lambda-Runtime-Function-Error-Type: Runtime.Late\r\n\r\n"
        );
        client.0.write_all(request.as_bytes()).await.unwrap();
        assert!(client.reply().await.0.starts_with("http/1.1 202"));
    };
    let engine = async {
        api.started().await;
        let expect = Answer::Error { kind: "Runtime.Late".into(), body: "abc".into() };
        assert_eq!(api.invoke(event("")).await, expect);
    };
    tokio::join!(runtime, engine);
}

/// The head of a response in parts, chunked, up to its body.
fn streaming(id: &str) -> String {
    format!(
        "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\n\
         Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\
         Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n"
    )
}

async fn parts(api: &RuntimeApi) -> Parts {
    match api.invoke(event("")).await {
        Answer::Stream(parts) => parts,
        answer => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn a_streamed_response_is_passed_on_as_it_comes() {
    let (api, address) = serve();
    let mut client = Client::connect(address).await;
    let engine = async {
        api.started().await;
        parts(&api).await
    };
    let head = streaming(&event("").request_id);
    let runtime = async {
        client.next().await;
        client.0.write_all(head.as_bytes()).await.unwrap();
        client.0.write_all(b"3\r\nabc\r\n").await.unwrap();
    };
    let (mut found, ()) = tokio::join!(engine, runtime);
    assert_eq!(found.content_type.as_deref(), Some("text/html"));
    // The first part is here before the second is sent.
    assert_eq!(found.next().await, Some(Part::Chunk("abc".into())));
    client.0.write_all(b"2\r\nde\r\n0\r\n\r\n").await.unwrap();
    assert_eq!(found.next().await, Some(Part::Chunk("de".into())));
    assert_eq!(found.next().await, Some(Part::End));
    assert!(client.reply().await.0.starts_with("http/1.1 202"));
}

#[tokio::test]
async fn a_streamed_response_fails_in_its_trailers_or_breaks_off() {
    async fn check(rest: &str, hangs_up: bool, expect: Part) {
        let (api, address) = serve();
        let mut client = Client::connect(address).await;
        let engine = async {
            api.started().await;
            let mut found = parts(&api).await;
            assert_eq!(found.next().await, Some(Part::Chunk("abc".into())));
            assert_eq!(found.next().await, Some(expect));
            assert_eq!(found.next().await, None);
        };
        let runtime = async {
            client.next().await;
            let request = format!("{}3\r\nabc\r\n{rest}", streaming(&event("").request_id));
            client.0.write_all(request.as_bytes()).await.unwrap();
            if hangs_up {
                drop(client);
            } else {
                assert!(client.reply().await.0.starts_with("http/1.1 202"));
            }
        };
        tokio::join!(engine, runtime);
    }
    let failed = |kind: &str, body: &'static str| Part::Failed { kind: kind.into(), body: body.into() };
    check(
        "0\r\nLambda-Runtime-Function-Error-Type: Runtime.Late\r\n\
         Lambda-Runtime-Function-Error-Body: eyJlcnJvclR5cGUiOiJMYXRlIn0=\r\n\r\n",
        false,
        failed("Runtime.Late", r#"{"errorType":"Late"}"#),
    )
    .await;
    check("5\r\n", true, Part::Truncated).await;
}

#[tokio::test]
async fn a_streamed_response_of_no_invocation_is_refused() {
    let (api, address) = serve();
    let mut client = Client::connect(address).await;
    let engine = async {
        api.started().await;
        parts(&api).await.next().await
    };
    let runtime = async {
        client.next().await;
        client.0.write_all(format!("{}0\r\n\r\n", streaming("other")).as_bytes()).await.unwrap();
        assert!(client.reply().await.0.starts_with("http/1.1 400"));
        client
            .0
            .write_all(format!("{}0\r\n\r\n", streaming(&event("").request_id)).as_bytes())
            .await
            .unwrap();
        assert!(client.reply().await.0.starts_with("http/1.1 202"));
    };
    assert_eq!(tokio::join!(engine, runtime).0, Some(Part::End));
}

#[tokio::test]
async fn other_paths_and_methods() {
    let (_api, address) = serve();
    let mut client = Client::connect(address).await;
    for (method, path, status) in [
        ("GET", "/", "404"),
        ("GET", "/2018-06-01/runtime/nothing", "404"),
        ("POST", "/2020-01-01/extension/register", "404"),
        ("POST", "/2018-06-01/runtime/invocation/next", "405"),
        ("GET", "/2018-06-01/runtime/init/error", "405"),
    ] {
        let (head, _) = client.ask(method, path, "", b"").await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
    }
}

#[tokio::test]
async fn a_dropped_api_ends_its_connections() {
    let (api, address) = serve();
    let mut client = Client::connect(address).await;
    let (head, _) = client.ask("GET", "/", "", b"").await;
    assert!(head.starts_with("http/1.1 404"));
    drop(api);
    let mut rest = Vec::new();
    assert_eq!(client.0.read_to_end(&mut rest).await.unwrap_or(0), 0);
}
