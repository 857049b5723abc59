//! Lines belong to the invocation that wrote them, and come before its end.

use super::*;

fn log(text: &str, next: FakeReply) -> FakeReply {
    FakeReply::Log(text.as_bytes().to_vec(), Box::new(next))
}

#[tokio::test]
async fn lines_come_in_order_and_before_the_end() {
    let launcher = FakeLauncher::new(|_| {
        let later = log("two\nthree", success("x"));
        log("one\n", FakeReply::After(Duration::from_millis(5), Box::new(later)))
    });
    let bed = Bed::new(launcher).await;
    for _ in 0..20 {
        bed.outcome("").await;
    }
    let heard = bed.recorder.heard();
    let expect = ["start", "line one true", "line two true", "line three true", "end Success 100"];
    assert_eq!(heard[2..], expect.repeat(20));
    bed.drain().await;
}

#[tokio::test]
async fn lines_between_invocations_belong_to_none() {
    for freeze_after_ms in [1, 60_000] {
        let launcher = FakeLauncher::new(|_| {
            let later =
                FakeReply::After(Duration::from_millis(5), Box::new(log("after\n", FakeReply::Nothing)));
            FakeReply::Then(Box::new(success("x")), Box::new(later))
        });
        let bed = Bed::with(launcher, |config| config.freeze_after_ms = freeze_after_ms).await;
        bed.outcome("").await;
        if freeze_after_ms > 1 {
            // Nobody watches so soon after an invocation: the line is read before the next one, if that does
            // not come before the line.
            while !bed.recorder.heard().contains(&"line after false".to_owned()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
                bed.outcome("").await;
            }
        }
        bed.heard("line after false").await;
        bed.drain().await;
    }
}

#[tokio::test]
async fn a_handler_that_writes_more_than_the_pipe_holds_is_read_while_it_runs() {
    let launcher = FakeLauncher::new(|_| log(&"x".repeat(999).add_newline().repeat(1000), success("x")));
    let bed = Bed::new(launcher).await;
    assert_eq!(bed.outcome("").await.0, Outcome::Success("x".into()));
    assert_eq!(bed.recorder.heard().iter().filter(|l| l.starts_with("line xxx")).count(), 1000);
    bed.drain().await;
}

#[tokio::test]
async fn what_was_written_before_a_timeout_is_told() {
    let bed = Bed::new(FakeLauncher::new(|_| log("before", FakeReply::Hang))).await;
    let bed = bed.timeout(Duration::from_millis(100));
    assert_eq!(bed.outcome("").await.0, Outcome::TimedOut);
    bed.heard("ended Failed").await;
    let heard = bed.recorder.heard();
    assert_eq!(heard[2..], ["start", "line before true", "end TimedOut 100", "ended Failed"]);
    bed.drain().await;
}

trait AddNewline {
    fn add_newline(self) -> String;
}

impl AddNewline for String {
    fn add_newline(mut self) -> String {
        self.push('\n');
        self
    }
}
