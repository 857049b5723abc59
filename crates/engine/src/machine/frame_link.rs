//! A conversation in frames with one of our own bootstraps.

use super::{Answer, Call, InitAnswer, Outlet, Reach, watched::Watched};
use crate::{
    MAX_CHUNK_BYTES, MAX_RESPONSE_BYTES,
    frame::{self, Body, Decoder, Frame, FrameError},
};
use bytes::Bytes;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use serde::{Deserialize, Serialize};
use std::{
    io,
    os::fd::{BorrowedFd, OwnedFd},
};
use tokio::{io::AsyncReadExt, net::unix::pipe::Sender};

/// Bodies up to this size are copied behind their head, so that one write sends both.
const COPY_BYTES: usize = 16 * 1024;

/// Our ends of the pipes.
#[derive(Debug)]
pub(crate) struct FrameLink {
    from: Watched,
    /// Does not block. Nobody watches it: there is room in the pipe, but for the largest events.
    to: OwnedFd,
    decoder: Decoder,
    out: Vec<u8>,
}

/// Why no frame came.
#[derive(Debug)]
enum LinkError {
    /// The other end is gone.
    Closed,
    Frame(FrameError),
}

#[derive(Serialize)]
struct InvokeHead<'a> {
    id: &'a str,
    deadline_ms: i64,
    arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_context: Option<&'a str>,
}

#[derive(Deserialize)]
struct AnswerHead<'a> {
    #[serde(default, borrow)]
    id: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, borrow, rename = "type")]
    kind: Option<std::borrow::Cow<'a, str>>,
    /// The process ends after this error.
    #[serde(default)]
    exits: bool,
    /// Of an answer in parts.
    #[serde(default, borrow)]
    content_type: Option<std::borrow::Cow<'a, str>>,
}

impl FrameLink {
    pub(crate) fn new(from: OwnedFd, to: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&to, true)?;
        Ok(Self { from: Watched::new(from)?, to, decoder: Decoder::default(), out: Vec::new() })
    }

    /// Has the current runtime watch what the process says.
    pub(crate) fn watch_here(&mut self) -> io::Result<()> {
        self.from.watch_here()
    }

    /// Waits until the interpreter is up.
    pub(crate) async fn booted(&mut self) -> InitAnswer {
        match self.receive().await {
            Ok(Frame { kind: frame::BOOTED, .. }) => InitAnswer::Done,
            Ok(_) => InitAnswer::Broken("something else was sent where BOOTED was due"),
            Err(error) => error.into(),
        }
    }

    /// Lets the process become a version, whose description is `head`.
    pub(crate) async fn load(&mut self, head: &serde_json::Value) -> InitAnswer {
        let head = serde_json::to_vec(head).unwrap_or_default();
        if self.send(frame::LOAD, &head, &[]).await.is_err() {
            return InitAnswer::Closed;
        }
        let frame = match self.receive().await {
            Ok(frame) => frame,
            Err(error) => return error.into(),
        };
        match (frame.kind, frame.body) {
            (frame::LOADED, _) => InitAnswer::Done,
            (frame::INIT_ERROR, Body::Whole(body)) => {
                InitAnswer::Failed { kind: error_type(&frame.head), body }
            }
            _ => InitAnswer::Broken("something else was sent where LOADED was due"),
        }
    }

    /// Runs the handler.
    pub(crate) async fn invoke(&mut self, call: &Call<'_>) -> Answer {
        let head = InvokeHead {
            id: call.id,
            deadline_ms: call.deadline.as_millis(),
            arn: call.arn,
            trace: call.trace,
            client_context: call.client_context,
        };
        let Ok(head) = serde_json::to_vec(&head) else { return Answer::Broken("its call cannot be written") };
        if self.send(frame::INVOKE, &head, call.payload).await.is_err() {
            return Answer::Closed;
        }
        match self.receive().await {
            // Apart, so that answers in one piece do not carry what answers in parts need.
            Ok(frame) if frame.kind == frame::STREAM => Box::pin(self.stream(frame, call)).await,
            received => self.conclude(received, call),
        }
    }

    /// What the frame means that ends an invocation.
    fn conclude(&self, received: Result<Frame, LinkError>, call: &Call<'_>) -> Answer {
        let frame = match received {
            Ok(frame) => frame,
            Err(LinkError::Closed) => return Answer::Closed,
            Err(LinkError::Frame(FrameError::TooLong { kind: frame::RESPONSE, size })) => {
                return Answer::TooLarge { size, limit: MAX_RESPONSE_BYTES, usable: false };
            }
            Err(LinkError::Frame(_)) => return Answer::Broken("it sent what is no frame"),
        };
        if !self.decoder.is_empty() {
            return Answer::Broken("it sent more than the answer");
        }
        let Ok(head) = serde_json::from_slice::<AnswerHead<'_>>(&frame.head) else {
            return Answer::Broken("its answer's head is not JSON");
        };
        if head.id.as_deref() != Some(call.id) {
            return Answer::Broken("it answered another request");
        }
        match (frame.kind, frame.body) {
            (frame::RESPONSE, Body::Whole(body)) => Answer::Success(body),
            (frame::ERROR, Body::Whole(body)) => {
                let kind = head.kind.map(|k| k.into_owned()).unwrap_or_default();
                Answer::Error { kind, body, usable: !head.exits }
            }
            (frame::RESPONSE | frame::ERROR, Body::TooLarge(size)) => {
                Answer::TooLarge { size, limit: MAX_RESPONSE_BYTES, usable: true }
            }
            _ => Answer::Broken("something else was sent where an answer was due"),
        }
    }

    /// Passes on the parts of an answer, whose first frame is `begin`, until the handler is done.
    async fn stream(&mut self, begin: Frame, call: &Call<'_>) -> Answer {
        let content_type = match serde_json::from_slice::<AnswerHead<'_>>(&begin.head) {
            Ok(head) if head.id.as_deref() == Some(call.id) => {
                head.content_type.map(|kind| kind.into_owned())
            }
            _ => return Answer::Broken("it answered another request in parts"),
        };
        let (mut outlet, mut ended) = (Outlet::new(call), false);
        outlet.begin(content_type).await;
        loop {
            match self.receive().await {
                Ok(Frame { kind: frame::CHUNK, body: Body::Whole(part), .. })
                    if !ended && part.len() <= MAX_CHUNK_BYTES =>
                {
                    if let Err(answer) = outlet.chunk(part).await {
                        return answer;
                    }
                }
                Ok(Frame { kind: frame::CHUNK, .. }) => {
                    return Answer::Broken("it sent a part that cannot be");
                }
                Ok(Frame { kind: frame::STREAM_END, .. }) if !ended => {
                    outlet.end().await;
                    ended = true;
                }
                received => {
                    return match self.conclude(received, call) {
                        Answer::Success(rest) if ended && rest.is_empty() => outlet.answer(),
                        Answer::Success(_) => Answer::Broken("it answered before the end of its parts"),
                        answer => answer,
                    };
                }
            }
        }
    }

    /// Whether the process is there and silent, as it must be between invocations.
    pub(crate) fn reach(&self) -> Reach {
        self.reach_and_ask(None).0
    }

    /// The same, and whether `log` has something to read, for one question to the kernel.
    pub(crate) fn reach_and_ask(&self, log: Option<BorrowedFd<'_>>) -> (Reach, bool) {
        let Ok(from) = self.from.get() else { return (Reach::Closed, true) };
        // Asked of the kernel: what tokio knows may be older than the process's end.
        let link = PollFd::new(from, PollFlags::IN);
        let mut asked = [link.clone(), log.map_or(link, |log| PollFd::from_borrowed_fd(log, PollFlags::IN))];
        let found = poll(&mut asked, Some(&Timespec::default()));
        let [link, log] = asked.map(|one| one.revents());
        let reach = match found {
            _ if !self.decoder.is_empty() => Reach::Unsolicited,
            Err(Errno::INTR) => Reach::Ready,
            Ok(_) if link.is_empty() => Reach::Ready,
            Ok(_) if link.contains(PollFlags::IN) => Reach::Unsolicited,
            Ok(_) | Err(_) => Reach::Closed,
        };
        (reach, found.is_err() || !log.is_empty())
    }

    /// Waits until the process does what it must not do between invocations. Cancel safe.
    pub(crate) async fn disturbed(&self) {
        let Ok(from) = self.from.get() else { return };
        loop {
            if from.readable().await.is_err() || self.reach() != Reach::Ready {
                return;
            }
            // Readiness that is older than the last answer: an attempt to read clears it.
            let mut nothing = [0_u8; 1];
            match from.try_read(&mut nothing) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                _ => return,
            }
        }
    }

    async fn send(&mut self, kind: u8, head: &[u8], body: &[u8]) -> io::Result<()> {
        self.out.clear();
        frame::encode(kind, head, body.len(), &mut self.out);
        if body.len() <= COPY_BYTES {
            self.out.extend_from_slice(body);
            self.write(&self.out).await
        } else {
            self.write(&self.out).await?;
            self.write(body).await
        }
    }

    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.to, bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    Sender::from_owned_fd_unchecked(self.to.try_clone()?)?.writable().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Frame, LinkError> {
        let from = self.from.get_mut().map_err(|_| LinkError::Closed)?;
        loop {
            if let Some(frame) = self.decoder.next().map_err(LinkError::Frame)? {
                return Ok(frame);
            }
            match from.read_buf(self.decoder.buffer()).await {
                Ok(0) | Err(_) => return Err(LinkError::Closed),
                Ok(_) => {}
            }
        }
    }
}

impl From<LinkError> for InitAnswer {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Closed => Self::Closed,
            LinkError::Frame(_) => Self::Broken("it sent what is no frame"),
        }
    }
}

fn error_type(head: &Bytes) -> String {
    serde_json::from_slice::<AnswerHead<'_>>(head)
        .ok()
        .and_then(|h| h.kind)
        .map(|k| k.into_owned())
        .unwrap_or_default()
}
