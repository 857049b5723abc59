//! Requests' bodies: bounded in bytes and time, and all together in memory.

use crate::limits::{BODY_DEADLINE, MAX_IN_FLIGHT_KIB, MAX_REQUEST_BODY};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Bodies up to this are not counted: connections, which are limited, bound them well enough.
const UNCOUNTED: u64 = 64 * 1024;
/// Bytes beyond the limit that are read and thrown away, so that a client that sends before it listens still
/// learns why it was refused.
const MAX_DISCARD: u64 = 64 * 1024 * 1024;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than the limit.
    TooLarge,
    /// The connection broke, or it did not arrive in time.
    Broken,
}

/// The room for bodies.
#[derive(Debug)]
pub(crate) struct Intake(Semaphore);

impl Default for Intake {
    fn default() -> Self {
        Self(Semaphore::new(MAX_IN_FLIGHT_KIB as usize))
    }
}

impl Intake {
    /// Reads all of `body`, and holds its room until the second of what it returns is dropped.
    pub(crate) async fn read<B>(&self, body: B) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Unread>
    where
        B: http_body::Body<Data = Bytes>,
    {
        if body.is_end_stream() {
            return Ok((Bytes::new(), None));
        }
        let reading = async {
            let room = self.room(body.size_hint().exact().unwrap_or(MAX_REQUEST_BODY)).await;
            Ok((collect(body).await?, room))
        };
        tokio::time::timeout(BODY_DEADLINE, reading).await.unwrap_or(Err(Unread::Broken))
    }

    async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        if bytes <= UNCOUNTED {
            return None;
        }
        let kib = u32::try_from(bytes.min(MAX_REQUEST_BODY).div_ceil(1024)).unwrap_or(1);
        // The semaphore is never closed.
        self.0.acquire_many(kib).await.ok()
    }
}

async fn collect<B: http_body::Body<Data = Bytes>>(body: B) -> Result<Bytes, Unread> {
    let mut body = std::pin::pin!(body);
    let (mut first, mut rest, mut length) = (Bytes::new(), BytesMut::new(), 0u64);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        length = length.saturating_add(data.len() as u64);
        if length > MAX_REQUEST_BODY {
            rest = BytesMut::new();
            if length > MAX_REQUEST_BODY.saturating_add(MAX_DISCARD) {
                break;
            }
        } else if length == data.len() as u64 {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    match (length > MAX_REQUEST_BODY, rest.is_empty()) {
        (true, _) => Err(Unread::TooLarge),
        (false, true) => Ok(first),
        (false, false) => Ok(rest.freeze()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;

    #[tokio::test]
    async fn bodies_up_to_the_limit() {
        async fn check(bytes: usize, expect: Result<usize, Unread>) {
            let intake = Intake::default();
            let read = intake.read(Full::new(Bytes::from(vec![0; bytes]))).await;
            assert_eq!(read.map(|(body, _)| body.len()), expect, "{bytes}");
        }
        let limit = usize::try_from(MAX_REQUEST_BODY).expect("small");
        check(0, Ok(0)).await;
        check(limit, Ok(limit)).await;
        check(limit + 1, Err(Unread::TooLarge)).await;
    }
}
