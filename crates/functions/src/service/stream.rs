//! InvokeWithResponseStream: answers as they come.
//!
//! A handler that answers in one piece is answered in one chunk. What is assumed of the service: a failure is told at the
//! end with the code `Unhandled` and the error's JSON as its details, wherever it happened.

use super::invoke::{Admitted, InvocationType, InvokeFault, Ran, Requested};
use super::{Functions, Invocation};
use crate::errors;
use crate::names::{FunctionRef, Target};
use crate::run::{Answer, TailHandle};
use bytes::Bytes;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tinderbox_base::{Caller, Error, Interrupted, Parts, StreamedReply};
use tinderbox_engine::{Part, StartKind, StreamReceiver, StreamSender, stream};
use tokio::sync::oneshot;

/// The content type of an answer in one piece.
const WHOLE: &str = "application/json";

/// What becomes of an invocation whose answer is wanted as it comes.
#[derive(Debug)]
pub enum Streamed {
    /// The function runs.
    Answering(Box<Streaming>),
    /// It could be invoked.
    Possible,
}

/// An answer as it comes. Dropping it does not end the invocation.
pub struct Streaming {
    /// The version that runs.
    pub version: Arc<str>,
    /// Where the instance came from; none if there was no need of one.
    pub start: Option<StartKind>,
    /// What the chunks are, if the function says so.
    pub content_type: Option<String>,
    parts: Option<StreamReceiver>,
    ran: Option<Ending>,
    tail: Option<TailHandle>,
}

/// How the run ends, or has ended.
enum Ending {
    Awaited(oneshot::Receiver<Result<Ran, InvokeFault>>),
    /// With an answer in one piece, or with an error, which is no chunk.
    Known(Answer),
}

/// The next thing that there is of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Some bytes.
    Chunk(Bytes),
    /// There are no more of them; the function may still run.
    Complete,
    /// The function has run. The last piece.
    Over {
        /// The error as JSON, if it failed: the chunks may be incomplete.
        error: Option<Bytes>,
        /// The end of the log, if it was asked for.
        tail: Option<Vec<u8>>,
    },
}

/// Whom a run tells that it answers in parts.
pub(crate) struct Answering {
    pub(crate) sender: StreamSender,
    version: Arc<Mutex<Arc<str>>>,
}

impl Answering {
    /// Tells which version is asked now.
    pub(crate) fn asks(&self, version: &Arc<str>) {
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(version);
    }
}

impl Functions {
    /// Invokes a function whose answer is wanted as it comes. The invocation's id is the request's.
    ///
    /// # Errors
    /// As of Invoke: everything that is found out before the function runs.
    pub async fn invoke_with_stream(
        &self,
        caller: &Caller,
        invocation: Invocation,
    ) -> Result<Streamed, InvokeFault> {
        let Invocation { name, qualifier, kind, payload, client_context, tail } = invocation;
        let target = FunctionRef::parse(&name)?.locate(caller, qualifier.as_deref())?;
        let requested = Requested { kind, payload, client_context, tail };
        self.stream_target(caller, target, requested).await
    }

    /// Invokes what `target` names, if `caller` may.
    pub(super) async fn stream_target(
        &self,
        caller: &Caller,
        target: Target,
        requested: Requested,
    ) -> Result<Streamed, InvokeFault> {
        match requested.kind {
            InvocationType::RequestResponse | InvocationType::DryRun => {}
            InvocationType::Event => {
                return Err(errors::invalid_parameter("An event cannot be answered as a stream.").into());
            }
        }
        let (kind, wants_tail) = (requested.kind, requested.tail);
        let Admitted { edition, event, .. } = self.admit(caller, &target, requested).await?;
        if kind == InvocationType::DryRun {
            return Ok(Streamed::Possible);
        }
        let tail = wants_tail.then(|| self.inner.preparation.tails.open(caller.request_id));
        let (sender, mut parts) = stream();
        let (tell, told) = oneshot::channel();
        let version = Arc::new(Mutex::new(Arc::clone(&edition.name)));
        let answering = Answering { sender, version: Arc::clone(&version) };
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            let ran = inner.run(&target, edition, event, Some(&answering)).await;
            // The parts end with this; then whoever reads them looks how it ended.
            drop(answering);
            drop(tell.send(ran));
        });
        let (start, content_type, parts, ran, version) = match parts.next().await {
            Some(Part::Begin { content_type, start }) => {
                let version = Arc::clone(&version.lock().unwrap_or_else(PoisonError::into_inner));
                (Some(start), content_type, Some(parts), Ending::Awaited(told), version)
            }
            _ => {
                let ran = told.await.map_err(Error::internal)??;
                (ran.start, Some(WHOLE.to_owned()), None, Ending::Known(ran.answer), ran.version)
            }
        };
        let streaming = Streaming { version, start, content_type, parts, ran: Some(ran), tail };
        Ok(Streamed::Answering(Box::new(streaming)))
    }
}

impl Streaming {
    /// The answer for those to whom its bytes are all, and a failure a break.
    pub(super) fn into_reply(mut self: Box<Self>) -> StreamedReply {
        let (content_type, start) = (self.content_type.take(), self.start.map(|start| start.as_str()));
        StreamedReply { content_type, start, parts: Box::new(BytesOnly(Some(self))) }
    }

    /// The next piece; none after the last. Not cancel safe after [`Piece::Complete`].
    pub async fn next(&mut self) -> Option<Piece> {
        if let Some(parts) = &mut self.parts {
            match parts.next().await {
                Some(Part::Chunk(bytes)) => return Some(Piece::Chunk(bytes)),
                Some(Part::End | Part::Begin { .. }) => return Some(Piece::Complete),
                None => self.parts = None,
            }
        }
        let error = match self.ran.take()? {
            Ending::Known(Answer { payload, failed: false }) if !payload.is_empty() => {
                self.ran = Some(Ending::Known(Answer { payload: Bytes::new(), failed: false }));
                return Some(Piece::Chunk(payload));
            }
            Ending::Known(answer) => error_of(answer),
            Ending::Awaited(told) => match told.await {
                Ok(Ok(ran)) => error_of(ran.answer),
                // It has begun, so it ran: what could go wrong before it did cannot any more.
                Ok(Err(_)) | Err(_) => Some(Bytes::from_static(br#"{"errorType":"InternalFailure"}"#)),
            },
        };
        let tail = match self.tail.take() {
            Some(tail) => Some(tail.read().await),
            None => None,
        };
        Some(Piece::Over { error, tail })
    }
}

/// An answer's bytes.
struct BytesOnly(Option<Box<Streaming>>);

#[async_trait::async_trait]
impl Parts for BytesOnly {
    async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
        match self.0.as_mut()?.next().await? {
            Piece::Chunk(bytes) => Some(Ok(bytes)),
            Piece::Complete => {
                self.0 = None;
                None
            }
            Piece::Over { error, .. } => {
                self.0 = None;
                error.map(|_| Err(Interrupted))
            }
        }
    }
}

fn error_of(answer: Answer) -> Option<Bytes> {
    answer.failed.then_some(answer.payload)
}

impl fmt::Debug for Streaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming")
            .field("version", &self.version)
            .field("start", &self.start)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}
