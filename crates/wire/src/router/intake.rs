//! Bodies of all requests together: bounded in bytes and in time.

use crate::{
    body::{self, Unread},
    sigv4::{Hash, sha256},
};
use bytes::Bytes;
use std::{fmt, time::Duration};
use tokio::sync::{Semaphore, SemaphorePermit};

/// KiB of bodies that may be in memory, unread or undecoded, at once. Further requests wait.
///
/// Seven of the largest bodies there are (67 MiB of code as base64).
const MAX_IN_FLIGHT_KIB: u32 = 512 * 1024;

/// Bodies up to this are not counted: connections, which are limited, bound them well enough.
const UNCOUNTED: u64 = 64 * 1024;

/// How long a body may take to arrive, waiting for room included.
const DEADLINE: Duration = Duration::from_secs(300);

/// The room for bodies.
#[derive(Debug)]
pub(super) struct Intake {
    room: Semaphore,
}

impl Default for Intake {
    fn default() -> Self {
        Self { room: Semaphore::new(MAX_IN_FLIGHT_KIB as usize) }
    }
}

/// A body, and the room it takes until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Held<'a> {
    pub(super) bytes: Bytes,
    /// The hash of the body as it came, if it was asked for.
    pub(super) digest: Option<Hash>,
    _room: Option<SemaphorePermit<'a>>,
}

impl Intake {
    /// Reads a body of at most `limit` bytes, unpacked if it comes `packed`, with its hash if it is to be `hashed`.
    pub(super) async fn read<B>(
        &self,
        body: B,
        limit: u64,
        packed: bool,
        hashed: bool,
    ) -> Result<Held<'_>, Unread>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let reading = async {
            // A length that is not declared, or that unpacking will change, may become the limit.
            let declared = body.size_hint().exact().filter(|_| !packed);
            let room = self.room(declared.unwrap_or(limit).min(limit)).await;
            let raw = body::read(body, limit).await?;
            let digest = hashed.then(|| sha256(&raw));
            let bytes = if packed { body::unpack(&raw, limit)? } else { raw };
            Ok(Held { bytes, digest, _room: room })
        };
        tokio::time::timeout(DEADLINE, reading).await.unwrap_or(Err(Unread::Late))
    }

    /// Reads a body that nobody wants, so that a client that sends before it listens learns why.
    pub(super) async fn discard<B>(&self, body: B)
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: fmt::Display,
    {
        let _ = tokio::time::timeout(DEADLINE, body::read(body, 0)).await;
    }

    async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        if bytes <= UNCOUNTED {
            return None;
        }
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).min(MAX_IN_FLIGHT_KIB);
        // The semaphore is never closed.
        self.room.acquire_many(kib).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use http_body_util::{Empty, Full};

    #[tokio::test]
    async fn bodies_wait_for_room() {
        let intake = Intake::default();
        let large = || Full::new(Bytes::from(vec![0; 1024 * 1024]));
        let mut held = Vec::new();
        for _ in 0..512 {
            held.push(intake.read(large(), 1024 * 1024, false, false).await.expect("room"));
        }
        // Each task has a budget; one that has used it up is pending for that reason alone.
        tokio::task::yield_now().await;
        let mut waiting = std::pin::pin!(intake.read(large(), 1024 * 1024, false, false));
        assert!(waiting.as_mut().now_or_never().is_none());
        // Small ones go through.
        assert!(intake.read(Full::new(Bytes::from_static(b"{}")), 100, false, false).await.is_ok());
        held.pop();
        waiting.await.expect("room again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_a_deadline() {
        struct Never;
        impl http_body::Body for Never {
            type Data = Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
                std::task::Poll::Pending
            }
        }
        let read = Intake::default().read(Never, 100, false, false).await.map(|held| held.bytes);
        assert_eq!(read, Err(Unread::Late));
    }

    #[tokio::test]
    async fn nothing_is_a_body_too() {
        let intake = Intake::default();
        let held = intake.read(Empty::<Bytes>::new(), 0, false, false).await.expect("nothing");
        assert!(held.bytes.is_empty());
    }
}
