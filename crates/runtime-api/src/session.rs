//! Where the conversation with a runtime stands. No I/O: the server and the engine meet here.

use crate::stream::Parts;
use bytes::Bytes;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Notify;

/// An invocation as the runtime gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The invocation's id.
    pub request_id: String,
    /// When it will be killed, in milliseconds since 1970.
    pub deadline_ms: i64,
    /// The name it was invoked by.
    pub arn: String,
    /// The trace header.
    pub trace: Option<String>,
    /// The caller's context, JSON.
    pub client_context: Option<String>,
    /// The event itself.
    pub payload: Bytes,
}

/// How the runtime's initialisation went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// It asks for its first invocation.
    Ready,
    /// It reported an error.
    Failed {
        /// The error's type.
        kind: String,
        /// The error, usually JSON.
        body: Bytes,
    },
}

/// What the runtime answered to an invocation.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The handler's result.
    Success(Bytes),
    /// The handler's error.
    Error {
        /// The error's type.
        kind: String,
        /// The error, usually JSON.
        body: Bytes,
    },
    /// The result was over [`crate::MAX_BODY_BYTES`] and was not kept.
    TooLarge {
        /// Its size as far as it was told or counted.
        size: u64,
    },
    /// The result comes in parts.
    Stream(Parts),
}

/// Why the runtime may not say what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It names another invocation than the current one.
    WrongId,
    /// Not now: the names of the state it is in and of the one it asked for.
    WrongState(&'static str, &'static str),
}

#[derive(Debug)]
enum State {
    /// The runtime has not been heard of.
    Started,
    /// It reported that it cannot start.
    InitError { kind: String, body: Bytes },
    /// It has asked for an invocation, or will once more, and there is none.
    Ready,
    /// An invocation waits until it is asked for.
    Offered(Event),
    /// The runtime has it; asked again, it gets it again.
    Running(Event),
    /// The runtime has answered it and has not asked for the next.
    Answered { id: String, answer: Option<Answer> },
}

impl State {
    /// AWS's names.
    fn name(&self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::InitError { .. } => "InitError",
            Self::Ready | Self::Offered(_) => "Ready",
            Self::Running(_) => "Running",
            Self::Answered { .. } => "ResponseSent",
        }
    }
}

/// The conversation.
#[derive(Debug)]
pub(crate) struct Session {
    state: Mutex<State>,
    /// The runtime has done something.
    heard: Notify,
    /// There is an invocation.
    offered: Notify,
    /// Requests of the runtime that wait for an invocation.
    asking: AtomicUsize,
}

/// A request that waits for an invocation.
struct Asking<'a>(&'a AtomicUsize);

impl<'a> Asking<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Session {
    pub(crate) fn new() -> Self {
        let (heard, offered) = (Notify::new(), Notify::new());
        Self { state: Mutex::new(State::Started), heard, offered, asking: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the runtime asks for its first invocation, or reports that it cannot.
    pub(crate) async fn started(&self) -> Started {
        wait(&self.heard, || match &*self.lock() {
            State::Started => None,
            State::InitError { kind, body } => {
                Some(Started::Failed { kind: kind.clone(), body: body.clone() })
            }
            _ => Some(Started::Ready),
        })
        .await
    }

    /// Offers an invocation and waits for its answer.
    pub(crate) async fn invoke(&self, event: Event) -> Answer {
        let id = event.request_id.clone();
        *self.lock() = State::Offered(event);
        self.offered.notify_waiters();
        wait(&self.heard, || match &mut *self.lock() {
            State::Answered { id: answered, answer } if *answered == id => answer.take(),
            _ => None,
        })
        .await
    }

    /// Waits until the runtime waits for an invocation: it has nothing more to do with the last one.
    pub(crate) async fn idle(&self) {
        wait(&self.heard, || (self.asking.load(Ordering::Acquire) > 0).then_some(())).await;
    }

    /// The runtime asks for an invocation and waits for it.
    pub(crate) async fn next(&self) -> Result<Event, Refusal> {
        {
            let mut state = self.lock();
            match &*state {
                State::Started | State::Answered { answer: None, .. } => *state = State::Ready,
                State::InitError { .. } => return Err(Refusal::WrongState(state.name(), "Ready")),
                // An answer that the engine has not taken yet stays until it has.
                State::Ready | State::Offered(_) | State::Running(_) | State::Answered { .. } => {}
            }
        }
        let _asking = Asking::new(&self.asking);
        self.heard.notify_waiters();
        let event = wait(&self.offered, || {
            let mut state = self.lock();
            match &*state {
                State::Offered(event) | State::Running(event) => {
                    let event = event.clone();
                    *state = State::Running(event.clone());
                    Some(event)
                }
                _ => None,
            }
        });
        Ok(event.await)
    }

    /// The runtime answers an invocation.
    pub(crate) fn answer(&self, id: &str, wanted: &'static str, answer: Answer) -> Result<(), Refusal> {
        {
            let mut state = self.lock();
            may_answer(&state, id, wanted)?;
            *state = State::Answered { id: id.to_owned(), answer: Some(answer) };
        }
        self.heard.notify_waiters();
        Ok(())
    }

    /// The runtime reports that it cannot start.
    pub(crate) fn init_error(&self, kind: String, body: Bytes) -> Result<(), Refusal> {
        let mut state = self.lock();
        match &*state {
            State::Started => *state = State::InitError { kind, body },
            other => return Err(Refusal::WrongState(other.name(), "InitError")),
        }
        drop(state);
        self.heard.notify_waiters();
        Ok(())
    }
}

/// Whether the runtime may answer this invocation now.
fn may_answer(state: &State, id: &str, wanted: &'static str) -> Result<(), Refusal> {
    match state {
        State::Running(event) if event.request_id == id => Ok(()),
        State::Answered { id: answered, .. } if answered == id => {
            Err(Refusal::WrongState(state.name(), wanted))
        }
        _ => Err(Refusal::WrongId),
    }
}

/// Waits until `look` finds something; it looks once now and once after each notification.
async fn wait<T>(notify: &Notify, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        let mut notified = std::pin::pin!(notify.notified());
        notified.as_mut().enable();
        if let Some(found) = look() {
            return found;
        }
        notified.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn event(id: &str) -> Event {
        Event {
            request_id: id.into(),
            deadline_ms: 1,
            arn: "arn".into(),
            trace: None,
            client_context: None,
            payload: Bytes::new(),
        }
    }

    fn success() -> Answer {
        Answer::Success(Bytes::from_static(b"1"))
    }

    #[tokio::test]
    async fn the_runtime_asks_again_and_gets_the_same_until_it_answers() {
        let session = Session::new();
        let engine = async {
            assert_eq!(session.started().await, Started::Ready);
            assert_eq!(session.invoke(event("a")).await, success());
            assert_eq!(session.invoke(event("b")).await, success());
        };
        let runtime = async {
            for id in ["a", "b"] {
                assert_eq!(session.next().await.unwrap().request_id, id);
                assert_eq!(session.next().await.unwrap().request_id, id);
                assert_eq!(session.answer("x", "InvocationResponse", success()), Err(Refusal::WrongId));
                assert_eq!(session.answer(id, "InvocationResponse", success()), Ok(()));
                let twice = session.answer(id, "InvocationResponse", success());
                assert_eq!(twice, Err(Refusal::WrongState("ResponseSent", "InvocationResponse")));
                // The engine takes the answer before the next is asked for.
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(engine, runtime);
    }

    #[tokio::test]
    async fn a_runtime_is_idle_while_it_asks() {
        let session = Session::new();
        let is_idle = || session.idle().now_or_never().is_some();
        assert!(!is_idle());
        let mut first = Box::pin(session.next());
        assert!(first.as_mut().now_or_never().is_none());
        assert!(is_idle());
        let mut answer = Box::pin(session.invoke(event("a")));
        assert!(answer.as_mut().now_or_never().is_none());
        first.await.unwrap();
        assert!(!is_idle());
        session.answer("a", "InvocationResponse", success()).unwrap();
        // It asks before the engine has taken its answer.
        let mut second = Box::pin(session.next());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(is_idle());
        assert_eq!(answer.await, success());
        drop(second);
        assert!(!is_idle());
    }

    #[tokio::test]
    async fn what_is_said_at_the_wrong_time_is_refused() {
        let session = Session::new();
        assert_eq!(session.answer("a", "InvocationResponse", success()), Err(Refusal::WrongId));
        assert_eq!(session.init_error("T".into(), Bytes::new()), Ok(()));
        let again = session.init_error("T".into(), Bytes::new());
        assert_eq!(again, Err(Refusal::WrongState("InitError", "InitError")));
        assert_eq!(session.next().await, Err(Refusal::WrongState("InitError", "Ready")));
        assert!(matches!(session.started().await, Started::Failed { .. }));
    }
}
