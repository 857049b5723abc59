//! The channel to the spawner.

use super::link::Link;
use crate::{
    error::{Missing, SandboxError, StartError},
    message::{Spawn, SpawnerEvent},
};
use std::{
    collections::HashMap,
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

/// The longest that the spawner may take to come up.
const UP_LIMIT: Duration = Duration::from_secs(10);

type Reply = Result<OwnedFd, io::Error>;
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Reply>>>>;

/// Orders inits and routes the answers.
#[derive(Debug)]
pub(super) struct Control {
    link: Arc<Link>,
    waiting: Waiting,
    closed: watch::Receiver<bool>,
    reader: JoinHandle<()>,
}

impl Control {
    /// Waits until the spawner is up.
    pub(super) async fn new(socket: OwnedFd) -> Result<Self, StartError> {
        let link = Arc::new(Link::new(socket).map_err(StartError::step("watching the spawner"))?);
        match timeout(UP_LIMIT, link.receive::<SpawnerEvent>()).await {
            Ok(Ok(Some(packet))) => match packet.message {
                SpawnerEvent::Up => {}
                SpawnerEvent::Broken { step, errno } => {
                    let reason = format!("{step}: {}", io::Error::from_raw_os_error(errno));
                    return Err(StartError::Missing(vec![Missing {
                        protection: "a root of its own",
                        reason,
                    }]));
                }
                SpawnerEvent::Spawned { .. } | SpawnerEvent::Failed { .. } => return Err(died()),
            },
            Ok(Ok(None)) => return Err(died()),
            Ok(Err(error)) => return Err(StartError::step("waiting for the spawner")(error)),
            Err(_) => {
                return Err(StartError::step("waiting for the spawner")(io::ErrorKind::TimedOut.into()));
            }
        }
        let waiting = Waiting::default();
        let (close, closed) = watch::channel(false);
        let reader = tokio::spawn(read(Arc::clone(&link), Arc::clone(&waiting), close));
        Ok(Self { link, waiting, closed, reader })
    }

    /// Has an init forked that listens on `socket`, and returns its pidfd.
    pub(super) async fn spawn(
        &self,
        id: u64,
        zygote: bool,
        socket: OwnedFd,
    ) -> Result<OwnedFd, SandboxError> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(id, sender);
        let forget = Forget { waiting: &self.waiting, id };
        self.link.send(&Spawn { id, zygote }, &[socket]).await.map_err(|_| SandboxError::Gone)?;
        if *self.closed.borrow() {
            return Err(SandboxError::Gone);
        }
        let reply = receiver.await.map_err(|_| SandboxError::Gone)?;
        drop(forget);
        reply.map_err(SandboxError::step("forking init"))
    }

    /// Resolves when the spawner is gone.
    pub(super) async fn closed(&self) {
        let mut closed = self.closed.clone();
        let _ = closed.wait_for(|closed| *closed).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Reply>>> {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Takes a waiter away however its wait ends.
struct Forget<'a> {
    waiting: &'a Waiting,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.id);
    }
}

async fn read(link: Arc<Link>, waiting: Waiting, close: watch::Sender<bool>) {
    while let Ok(Some(mut packet)) = link.receive::<SpawnerEvent>().await {
        let (id, reply) = match packet.message {
            SpawnerEvent::Spawned { id } => match packet.fds.pop() {
                Some(pidfd) => (id, Ok(pidfd)),
                None => (id, Err(io::ErrorKind::InvalidData.into())),
            },
            SpawnerEvent::Failed { id, errno } => (id, Err(io::Error::from_raw_os_error(errno))),
            SpawnerEvent::Up | SpawnerEvent::Broken { .. } => continue,
        };
        let waiter = waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&id);
        if let Some(waiter) = waiter {
            // A waiter that went away closed init's channel, at which init ends itself.
            let _ = waiter.send(reply);
        }
    }
    let _ = close.send(true);
    waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
}

fn died() -> StartError {
    StartError::step("starting the spawner")(io::Error::other("it ended at once"))
}
