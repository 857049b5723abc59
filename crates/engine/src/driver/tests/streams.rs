//! Answers in parts.

use super::*;
use crate::{Exit, MAX_CHUNK_BYTES, MAX_QUEUED_PARTS, Part, StreamReceiver, frame, stream};

/// Begins with these parts, then goes on.
fn parts(parts: &[&'static str], next: FakeReply) -> FakeReply {
    let parts = parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect();
    FakeReply::Stream("text/plain", parts, Box::new(next))
}

fn end() -> FakeReply {
    FakeReply::StreamEnd(Box::new(success("")))
}

/// A handler that does `reply` when the event is "parts" and answers otherwise.
async fn bed(reply: FakeReply) -> Bed {
    let launcher =
        FakeLauncher::new(move |call| if call.event == "parts" { reply.clone() } else { success("good") });
    Bed::new(launcher).await
}

impl Bed {
    /// Invokes for parts; they come while the future is polled.
    fn parts(&self) -> (impl Future<Output = Response> + Send + 'static, StreamReceiver) {
        let (sender, receiver) = stream();
        let invocation = Invocation { stream: Some(sender), ..invocation(&self.version, "parts") };
        let engine = self.engine.clone();
        (async move { engine.invoke(invocation).await.expect("it runs") }, receiver)
    }

    /// The parts in words, the outcome, and whether the instance lives on.
    async fn streamed(&self) -> (String, Outcome, bool) {
        let (running, mut receiver) = self.parts();
        let reading = async {
            let mut words = Vec::new();
            while let Some(part) = receiver.next().await {
                words.push(match part {
                    Part::Begin { content_type, .. } => content_type.unwrap_or_default(),
                    Part::Chunk(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    Part::End => "END".into(),
                });
            }
            words.join(" ")
        };
        let (response, words) = tokio::join!(running, reading);
        let lives = self.outcome("good").await.1 == StartKind::Warm;
        (words, response.outcome, lives)
    }
}

async fn check(reply: FakeReply, expect: (&str, Outcome, bool)) {
    let bed = bed(reply).await.timeout(Duration::from_millis(300));
    let found = bed.streamed().await;
    assert_eq!((found.0.as_str(), found.1, found.2), expect);
    bed.drain().await;
}

#[tokio::test]
async fn ends_of_streams() {
    let ab = |next| parts(&["a", "b"], next);
    check(ab(end()), ("text/plain a b END", Outcome::Streamed { size: 2 }, true)).await;
    check(parts(&[], end()), ("text/plain END", Outcome::Streamed { size: 0 }, true)).await;
    let failed = Outcome::HandlerError { kind: "E".into(), body: "{}".into() };
    let error = || FakeReply::Error("E".into(), "{}".into());
    check(ab(error()), ("text/plain a b", failed.clone(), true)).await;
    check(ab(FakeReply::StreamEnd(Box::new(error()))), ("text/plain a b END", failed, true)).await;
    let exited = Outcome::Exited { code: Some(3), signal: None };
    check(ab(FakeReply::Exit(Exit::Code(3))), ("text/plain a b", exited, false)).await;
    let oom = FakeReply::Exit(Exit::Signal { signal: 9, out_of_memory: true });
    check(ab(oom), ("text/plain a b", Outcome::OutOfMemory, false)).await;
    check(ab(FakeReply::Hang), ("text/plain a b", Outcome::TimedOut, false)).await;
    check(success("whole"), ("", Outcome::Success("whole".into()), true)).await;
}

#[tokio::test]
async fn lies() {
    async fn broken(reply: FakeReply, words: &str, what: &'static str) {
        check(reply, (words, Outcome::Broken { what }, false)).await;
    }
    let raw = |kind, head: &str, body: usize| {
        let mut bytes = Vec::new();
        frame::encode(kind, head.as_bytes(), body, &mut bytes);
        bytes.resize(bytes.len() + body, b'x');
        FakeReply::Raw(bytes)
    };
    let cannot = "it sent a part that cannot be";
    let chunk = |bytes| raw(frame::CHUNK, "", bytes);
    broken(parts(&[], chunk(MAX_CHUNK_BYTES + 1)), "text/plain", cannot).await;
    let late = FakeReply::StreamEnd(Box::new(chunk(1)));
    broken(parts(&[], late), "text/plain END", cannot).await;
    // What is wrong with a second end depends on whether it came together with the first.
    let twice = bed(parts(&[], FakeReply::StreamEnd(Box::new(end())))).await;
    let (words, outcome, lives) = twice.streamed().await;
    assert!(
        words == "text/plain END" && matches!(outcome, Outcome::Broken { .. }) && !lives,
        "{words} {outcome:?}"
    );
    twice.drain().await;
    broken(parts(&["a"], success("")), "text/plain a", "it answered before the end of its parts").await;
    let more = FakeReply::StreamEnd(Box::new(success("more")));
    broken(parts(&["a"], more), "text/plain a END", "it answered before the end of its parts").await;
    let other = "it answered another request in parts";
    broken(raw(frame::STREAM, r#"{"id":"x"}"#, 0), "", other).await;
    broken(raw(frame::STREAM, "", 0), "", other).await;
    broken(chunk(1), "", "its answer's head is not JSON").await;
}

#[tokio::test]
async fn parts_come_while_the_handler_runs() {
    let bed = bed(parts(&["a"], FakeReply::Hang)).await;
    let (running, mut receiver) = bed.parts();
    let running = tokio::spawn(running);
    assert!(matches!(
        receiver.next().await,
        Some(Part::Begin { start: StartKind::Stem | StartKind::Spare | StartKind::Spawn, .. })
    ));
    assert_eq!(receiver.next().await, Some(Part::Chunk("a".into())));
    assert_eq!(bed.engine.stats().busy, 1);
    running.abort();
    bed.drain().await;
}

#[tokio::test]
async fn without_a_reader_parts_are_put_together() {
    let bed = bed(parts(&["a", "b"], end())).await;
    assert_eq!(bed.outcome("parts").await.0, Outcome::Success("ab".into()));
    bed.drain().await;
}

#[tokio::test]
async fn a_reader_that_is_slow_holds_up_the_handler_and_gets_everything() {
    let many = 4 * MAX_QUEUED_PARTS;
    let chunks = vec![Bytes::from(vec![b'x'; MAX_CHUNK_BYTES]); many];
    let written = FakeReply::Log(b"written\n".to_vec(), Box::new(end()));
    let stream = FakeReply::Stream("text/plain", chunks, Box::new(written));
    let bed = bed(FakeReply::Log(b"begun\n".to_vec(), Box::new(stream))).await;
    let (running, mut receiver) = bed.parts();
    let running = tokio::spawn(running);
    bed.heard("line begun true").await;
    let mut size = 0;
    let all = |recorder: &Recorder| recorder.heard().iter().any(|line| line == "line written true");
    while let Some(part) = receiver.next().await {
        if let Part::Chunk(bytes) = part {
            size += bytes.len();
            // The queue and the pipe hold less than what is left.
            assert!(size >= (many - MAX_QUEUED_PARTS - 4) * MAX_CHUNK_BYTES || !all(&bed.recorder), "{size}");
        }
    }
    assert_eq!(size, many * MAX_CHUNK_BYTES);
    assert_eq!(running.await.expect("it ran").outcome, Outcome::Streamed { size: size as u64 });
    bed.drain().await;
}

#[tokio::test]
async fn a_reader_that_goes_away_does_not_hold_up_anything() {
    let chunks = vec![Bytes::from(vec![b'x'; MAX_CHUNK_BYTES]); 4 * MAX_QUEUED_PARTS];
    let bed = bed(FakeReply::Stream("text/plain", chunks, Box::new(end()))).await;
    let (running, mut receiver) = bed.parts();
    let running = tokio::spawn(running);
    assert!(matches!(receiver.next().await, Some(Part::Begin { .. })));
    drop(receiver);
    let size = (4 * MAX_QUEUED_PARTS * MAX_CHUNK_BYTES) as u64;
    assert_eq!(running.await.expect("it ran").outcome, Outcome::Streamed { size });
    assert_eq!(bed.outcome("good").await.1, StartKind::Warm);
    bed.drain().await;
}
