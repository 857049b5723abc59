//! Talking to a process while its log is read, its end is noticed and its time runs.

use super::{Answer, Call, InitAnswer, Listener, LogPipe, Machine, listener};
use crate::{Control, Exit, Outcome};
use std::{future::Future, pin::pin, time::Duration};
use tinderbox_base::{Clock, Monotonic, RequestId};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

/// How long after a process's end its last words may take to be read from the socket.
const LAST_WORDS: Duration = Duration::from_millis(50);
/// How long a process that hung up may take to end before it is killed.
const HANGUP: Duration = Duration::from_secs(1);

/// What came of an invocation.
pub(crate) struct Served {
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
    /// Whether the instance can serve again.
    pub(crate) usable: bool,
}

/// What came of a failed boot or initialisation.
pub(crate) struct InitFailure {
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
}

impl InitFailure {
    /// The same as of something longer, of which `limit` is the limit.
    pub(crate) fn of(self, limit: Duration) -> Self {
        match self.outcome {
            Outcome::InitTimedOut { .. } => {
                Self { outcome: Outcome::InitTimedOut { limit }, duration: limit }
            }
            _ => self,
        }
    }
}

/// How a conversation ended.
enum Ended<T> {
    Answered(T),
    Exited(Exit),
    /// Its time is over.
    Late,
    /// The engine ends now.
    Stopped,
}

/// What an instance works with: time, and the order to stop.
#[derive(Clone)]
pub(crate) struct Surroundings<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) stop: &'a watch::Receiver<bool>,
}

async fn converse<T>(
    control: &mut dyn Control,
    log: &mut LogPipe,
    hears: Listener<'_>,
    stop: &watch::Receiver<bool>,
    limit: Duration,
    conversation: impl Future<Output = T>,
) -> Ended<T> {
    let mut conversation = pin!(conversation);
    let mut late = pin!(sleep_until(Instant::now() + limit));
    let mut stop = stop.clone();
    let mut stopped = pin!(async { drop(stop.wait_for(|stop| *stop).await) });
    let mut exited = control.exited();
    loop {
        tokio::select! {
            biased;
            answer = &mut conversation => return Ended::Answered(answer),
            exit = &mut exited => {
                // Its answer may have come before its end and be unread.
                return match timeout(LAST_WORDS, &mut conversation).await {
                    Ok(answer) => Ended::Answered(answer),
                    Err(_) => Ended::Exited(exit),
                };
            }
            () = log.follow(hears) => {}
            () = &mut late => return Ended::Late,
            () = &mut stopped => return Ended::Stopped,
        }
    }
}

impl Machine {
    /// Waits until the process is up.
    pub(crate) async fn boot(
        &mut self,
        around: Surroundings<'_>,
        limit: Duration,
    ) -> Result<(), InitFailure> {
        self.prepare(around, limit, None).await.map(|_| ())
    }

    /// Lets the process become its version, described by `head`. Answers how long that took.
    pub(crate) async fn load(
        &mut self,
        around: Surroundings<'_>,
        limit: Duration,
        head: &serde_json::Value,
    ) -> Result<Duration, InitFailure> {
        self.prepare(around, limit, Some(head)).await
    }

    async fn prepare(
        &mut self,
        around: Surroundings<'_>,
        limit: Duration,
        head: Option<&serde_json::Value>,
    ) -> Result<Duration, InitFailure> {
        let Surroundings { clock, stop } = around;
        let begin = clock.monotonic();
        let Self { control, link, log, role, .. } = self;
        let hears = listener(role.as_ref(), clock, None);
        let conversation = async {
            match head {
                Some(head) => link.load(head).await,
                None => link.booted().await,
            }
        };
        let ended = converse(&mut **control, log, hears, stop, limit, conversation).await;
        let duration = clock.monotonic().since(begin);
        let outcome = match ended {
            Ended::Answered(InitAnswer::Done) => {
                self.drain_log(clock);
                return Ok(duration);
            }
            Ended::Answered(InitAnswer::Failed { kind, body }) => Outcome::InitError { kind, body },
            Ended::Answered(InitAnswer::Broken(what)) => Outcome::Broken { what },
            Ended::Answered(InitAnswer::Closed) => self.hung_up().await,
            Ended::Exited(exit) => exit.into(),
            Ended::Late => Outcome::InitTimedOut { limit },
            Ended::Stopped => killed(),
        };
        self.control.kill();
        self.finish_log(clock, None);
        let duration = if matches!(outcome, Outcome::InitTimedOut { .. }) { limit } else { duration };
        Err(InitFailure { outcome, duration })
    }

    /// Runs the handler once, within `limit`; afterwards all it wrote has been told.
    pub(crate) async fn serve(
        &mut self,
        around: Surroundings<'_>,
        limit: Duration,
        request: RequestId,
        call: &Call<'_>,
    ) -> Served {
        let Surroundings { clock, stop } = around;
        let begin: Monotonic = clock.monotonic();
        let Self { control, link, log, role, .. } = self;
        let hears = listener(role.as_ref(), clock, Some(request));
        let ended = converse(&mut **control, log, hears, stop, limit, link.invoke(call)).await;
        let mut duration = clock.monotonic().since(begin);
        let mut usable = true;
        let outcome = match ended {
            Ended::Answered(Answer::Success(body)) => Outcome::Success(body),
            Ended::Answered(Answer::Streamed { size }) => Outcome::Streamed { size },
            Ended::Answered(Answer::Error { kind, body, usable: lives_on }) => {
                usable = lives_on;
                Outcome::HandlerError { kind, body }
            }
            Ended::Answered(Answer::TooLarge { size, limit, usable: lives_on }) => {
                usable = lives_on;
                Outcome::ResponseTooLarge { size, limit }
            }
            fatal => {
                usable = false;
                match fatal {
                    Ended::Answered(Answer::Broken(what)) => Outcome::Broken { what },
                    Ended::Exited(exit) => exit.into(),
                    Ended::Late => {
                        duration = limit;
                        Outcome::TimedOut
                    }
                    Ended::Stopped => killed(),
                    Ended::Answered(_) => self.hung_up().await,
                }
            }
        };
        if !usable {
            self.control.kill();
        }
        self.finish_log(clock, Some(request));
        Served { outcome, duration, usable }
    }

    /// How a process ended that closed its socket; one that lives on without it is killed.
    async fn hung_up(&mut self) -> Outcome {
        if let Ok(exit) = timeout(HANGUP, self.control.exited()).await {
            return exit.into();
        }
        self.control.kill();
        Outcome::Broken { what: "it closed its connection" }
    }
}

fn killed() -> Outcome {
    Outcome::Exited { code: None, signal: Some(9) }
}

impl From<Exit> for Outcome {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Code(code) => Self::Exited { code: Some(code), signal: None },
            Exit::Signal { out_of_memory: true, .. } => Self::OutOfMemory,
            Exit::Signal { signal, out_of_memory: false } => {
                Self::Exited { code: None, signal: Some(signal) }
            }
        }
    }
}
