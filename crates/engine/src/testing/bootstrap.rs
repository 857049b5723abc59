//! The inside of a fake instance.

use super::{FakeCall, FakeLoad, FakeReply, Script};
use crate::{Exit, frame};
use serde_json::Value;
use std::{future::Future, io, os::fd::OwnedFd, pin::Pin};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    sync::watch,
};

pub(super) struct Bootstrap {
    number: usize,
    calls: pipe::Receiver,
    answers: pipe::Sender,
    log: pipe::Sender,
    frozen: watch::Receiver<bool>,
    script: Script,
}

/// Its connection ended, as it does for a process that is of no use any more.
const HUNG_UP: Exit = Exit::Code(0);

impl Bootstrap {
    pub(super) fn new(
        number: usize,
        [calls, answers, log]: [OwnedFd; 3],
        frozen: watch::Receiver<bool>,
        script: Script,
    ) -> io::Result<Self> {
        Ok(Self {
            number,
            calls: pipe::Receiver::from_owned_fd(calls)?,
            answers: pipe::Sender::from_owned_fd(answers)?,
            log: pipe::Sender::from_owned_fd(log)?,
            frozen,
            script,
        })
    }

    pub(super) async fn run(mut self) -> Exit {
        self.live().await.err().unwrap_or(HUNG_UP)
    }

    async fn live(&mut self) -> Result<(), Exit> {
        self.send(frame::BOOTED, br#"{"version":"fake"}"#, b"").await?;
        let (_, load, _) = self.receive().await?;
        match (self.script.load)(&load) {
            FakeLoad::Loaded => self.send(frame::LOADED, b"{}", b"").await?,
            FakeLoad::Error(kind, body) => {
                let head = serde_json::json!({ "type": kind }).to_string();
                self.send(frame::INIT_ERROR, head.as_bytes(), body.as_bytes()).await?;
                return Err(Exit::Code(1));
            }
            FakeLoad::Exit(exit) => return Err(exit),
            FakeLoad::Hang => std::future::pending().await,
        }
        loop {
            let (_, head, event) = self.receive().await?;
            let id = head["id"].as_str().unwrap_or_default().to_owned();
            let call = FakeCall { instance: self.number, load: load.clone(), head, event: event.into() };
            let reply = (self.script.invoke)(call);
            self.act(&id, reply).await?;
        }
    }

    fn act<'a>(
        &'a mut self,
        id: &'a str,
        reply: FakeReply,
    ) -> Pin<Box<dyn Future<Output = Result<(), Exit>> + Send + 'a>> {
        Box::pin(async move {
            match reply {
                FakeReply::Success(body) => {
                    let head = serde_json::json!({ "id": id }).to_string();
                    self.send(frame::RESPONSE, head.as_bytes(), &body).await
                }
                FakeReply::Error(kind, body) => {
                    let head = serde_json::json!({ "id": id, "type": kind }).to_string();
                    self.send(frame::ERROR, head.as_bytes(), body.as_bytes()).await
                }
                FakeReply::LastError(kind, body) => {
                    let head = serde_json::json!({ "id": id, "type": kind, "exits": true }).to_string();
                    self.send(frame::ERROR, head.as_bytes(), body.as_bytes()).await
                }
                FakeReply::Stream(content_type, parts, next) => {
                    let head = serde_json::json!({ "id": id, "content_type": content_type }).to_string();
                    self.send(frame::STREAM, head.as_bytes(), b"").await?;
                    for part in parts {
                        self.send(frame::CHUNK, b"", &part).await?;
                    }
                    self.act(id, *next).await
                }
                FakeReply::StreamEnd(next) => {
                    self.send(frame::STREAM_END, b"", b"").await?;
                    self.act(id, *next).await
                }
                FakeReply::Log(bytes, next) => {
                    self.log.write_all(&bytes).await.map_err(|_| HUNG_UP)?;
                    self.act(id, *next).await
                }
                FakeReply::After(pause, next) => {
                    tokio::time::sleep(pause).await;
                    self.act(id, *next).await
                }
                FakeReply::Then(first, next) => {
                    self.act(id, *first).await?;
                    self.act(id, *next).await
                }
                FakeReply::Raw(bytes) => self.answers.write_all(&bytes).await.map_err(|_| HUNG_UP),
                FakeReply::Exit(exit) => Err(exit),
                FakeReply::Nothing => Ok(()),
                FakeReply::Hang => std::future::pending().await,
            }
        })
    }

    async fn send(&mut self, kind: u8, head: &[u8], body: &[u8]) -> Result<(), Exit> {
        let mut bytes = Vec::new();
        frame::encode(kind, head, body.len(), &mut bytes);
        bytes.extend_from_slice(body);
        self.answers.write_all(&bytes).await.map_err(|_| HUNG_UP)
    }

    async fn receive(&mut self) -> Result<(u8, Value, Vec<u8>), Exit> {
        let length = self.calls.read_u32_le().await.map_err(|_| HUNG_UP)?;
        // A frozen process reads nothing; what arrived before stays in the pipe.
        self.frozen.wait_for(|frozen| !frozen).await.map_err(|_| HUNG_UP)?;
        let mut rest = vec![0; length as usize];
        self.calls.read_exact(&mut rest).await.map_err(|_| HUNG_UP)?;
        let head_end = 5 + u32::from_le_bytes([rest[1], rest[2], rest[3], rest[4]]) as usize;
        let head = serde_json::from_slice(&rest[5..head_end]).unwrap_or_default();
        Ok((rest[0], head, rest.split_off(head_end)))
    }
}
