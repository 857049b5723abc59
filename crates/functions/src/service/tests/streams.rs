//! Answers as they come.

use super::*;
use tinderbox_base::ErrorKind;
use tinderbox_engine::Exit;

fn parts(parts: &[&'static str], next: FakeReply) -> FakeLauncher {
    let parts: Vec<_> = parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect();
    FakeLauncher::new(move |_| FakeReply::Stream("text/html", parts.clone(), Box::new(next.clone())))
}

fn end() -> FakeReply {
    FakeReply::StreamEnd(Box::new(FakeReply::Success(Bytes::new())))
}

async fn stream(bed: &Bed, invocation: Invocation) -> Box<Streaming> {
    match bed.functions.invoke_with_stream(&caller(), invocation).await.unwrap() {
        Streamed::Answering(streaming) => streaming,
        Streamed::Possible => panic!("it was to run"),
    }
}

/// An answer in words.
async fn words(mut streaming: Box<Streaming>) -> Vec<String> {
    let mut words = vec![streaming.content_type.clone().unwrap_or_default()];
    while let Some(piece) = streaming.next().await {
        words.push(match piece {
            Piece::Chunk(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Piece::Complete => "COMPLETE".into(),
            Piece::Over { error: None, .. } => "OVER".into(),
            Piece::Over { error: Some(error), .. } => {
                let error: serde_json::Value = serde_json::from_slice(&error).unwrap();
                format!("FAILED {}", error["errorType"].as_str().unwrap_or_default())
            }
        });
    }
    words
}

#[tokio::test]
async fn answers_as_they_come() {
    async fn check(launcher: FakeLauncher, expect: &[&str]) {
        let bed = Bed::with_hello(launcher).await;
        let streaming = stream(&bed, event("1")).await;
        assert_eq!(&*streaming.version, "$LATEST");
        assert_eq!(words(streaming).await, expect);
    }
    let ab = &["a", "b"];
    check(parts(ab, end()), &["text/html", "a", "b", "COMPLETE", "OVER"]).await;
    let failed = || FakeReply::Error("E".into(), r#"{"errorType":"E"}"#.into());
    check(parts(ab, failed()), &["text/html", "a", "b", "FAILED E"]).await;
    let late = FakeReply::StreamEnd(Box::new(failed()));
    check(parts(ab, late), &["text/html", "a", "b", "COMPLETE", "FAILED E"]).await;
    let exit = FakeReply::Exit(Exit::Code(1));
    check(parts(ab, exit.clone()), &["text/html", "a", "b", "FAILED Runtime.ExitError"]).await;
    check(echo(), &["application/json", "1", "OVER"]).await;
    check(FakeLauncher::new(move |_| failed()), &["application/json", "FAILED E"]).await;
    check(FakeLauncher::new(move |_| exit.clone()), &["application/json", "FAILED Runtime.ExitError"]).await;
}

#[tokio::test]
async fn who_wants_it_whole_gets_it_whole() {
    let bed = Bed::with_hello(parts(&["a", "b"], end())).await;
    assert_eq!(bed.invoke(event("1")).await.unwrap(), Answered { payload: "ab".into(), failed: false });
}

#[tokio::test]
async fn logs_and_tails_are_those_of_any_invocation() {
    let log = FakeReply::Log(b"hi\n".to_vec(), Box::new(end()));
    let bed = Bed::with_hello(parts(&["a"], log)).await;
    let mut streaming = stream(&bed, Invocation { tail: true, ..event("1") }).await;
    let mut last = None;
    while let Some(piece) = streaming.next().await {
        last = Some(piece);
    }
    let Some(Piece::Over { error: None, tail: Some(tail) }) = last else { panic!("{last:?}") };
    let tail = String::from_utf8(tail).unwrap();
    let lines: Vec<_> = tail.lines().collect();
    assert!(lines[0].starts_with("START ") && lines[1] == "hi" && lines[2].starts_with("END "), "{lines:?}");
    assert!(lines[3].starts_with("REPORT ") && lines[3].contains("Billed Duration: 100 ms"), "{lines:?}");
}

#[tokio::test]
async fn what_is_found_out_before_is_an_error() {
    let bed = Bed::with_hello(parts(&["a"], end())).await;
    let dry = Invocation { kind: InvocationType::DryRun, ..event("1") };
    assert!(matches!(bed.functions.invoke_with_stream(&caller(), dry).await, Ok(Streamed::Possible)));
    let refused = async |invocation| match bed.functions.invoke_with_stream(&caller(), invocation).await {
        Err(InvokeFault::Failed(error)) => error.code().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(Invocation { name: "other".into(), ..event("1") }).await, "ResourceNotFoundException");
    assert_eq!(refused(event("{")).await, "InvalidRequestContentException");
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    let throttled = bed.functions.invoke_with_stream(&caller(), event("1")).await;
    assert!(matches!(throttled, Err(InvokeFault::Throttled(_))));
}

#[tokio::test]
async fn an_url_gives_the_bytes_and_breaks_off_where_they_are_incomplete() {
    async fn check(launcher: FakeLauncher, expect: &[Result<&str, ()>]) {
        let bed = Bed::with_hello(launcher).await;
        let mut reply = stream(&bed, event("1")).await.into_reply();
        let mut found = Vec::new();
        while let Some(part) = reply.parts.next().await {
            found.push(part.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(drop));
        }
        let expect: Vec<_> = expect.iter().map(|part| part.map(str::to_owned)).collect();
        assert_eq!(found, expect);
    }
    let failed = || FakeReply::Error("E".into(), "{}".into());
    check(parts(&["a"], end()), &[Ok("a")]).await;
    check(parts(&["a"], failed()), &[Ok("a"), Err(())]).await;
    // Its reader has all of it by then.
    check(parts(&["a"], FakeReply::StreamEnd(Box::new(failed()))), &[Ok("a")]).await;
    check(FakeLauncher::new(move |_| failed()), &[Err(())]).await;
}

#[tokio::test]
async fn urls_of_functions_that_are_not_open() {
    let bed = Bed::with_hello(parts(&["a"], end())).await;
    let settings = UrlSettings {
        function: "hello".into(),
        invoke_mode: Some("RESPONSE_STREAM".into()),
        ..UrlSettings::default()
    };
    let made = bed.functions.create_url(&caller(), settings).await.unwrap();
    assert_eq!(made.url.invoke_mode, "RESPONSE_STREAM");
    let refused = bed.functions.stream_url(&made.url.id, Bytes::new(), None, false).await;
    assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Denied));
    let missing = bed.functions.stream_url("none", Bytes::new(), None, false).await;
    assert_eq!(missing.err().map(|error| error.kind()), Some(ErrorKind::NotFound));
}
