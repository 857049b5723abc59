//! What clients are answered.

use bytes::{Bytes, BytesMut};
use std::{fmt, time::Duration};
use tinderbox_base::{Interrupted, Parts};
use tokio::time::{Instant, timeout_at};

/// The body of an answer.
pub enum Outgoing {
    /// All of it.
    Whole(Bytes),
    /// Its parts, as they come.
    Parts(Box<dyn Parts>),
}

impl From<Bytes> for Outgoing {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(bytes).finish(),
            Self::Parts(_) => f.write_str("Parts"),
        }
    }
}

/// Parts of which the first was looked at already.
pub(crate) struct Resumed {
    pub(crate) first: Option<Bytes>,
    pub(crate) rest: Box<dyn Parts>,
}

#[async_trait::async_trait]
impl Parts for Resumed {
    async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
        match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => self.rest.next().await,
        }
    }
}

/// All parts in one, as far as they come and until there are more than `most` bytes.
pub(crate) async fn collect(mut parts: Box<dyn Parts>, most: usize) -> Bytes {
    let mut whole = BytesMut::new();
    while let Some(Ok(part)) = parts.next().await {
        whole.extend_from_slice(&part);
        if whole.len() > most {
            break;
        }
    }
    whole.freeze()
}

/// Parts that break off at a moment.
pub(crate) struct Until {
    parts: Option<Box<dyn Parts>>,
    end: Instant,
}

impl Until {
    /// `parts`, for `time` from now on.
    pub(crate) fn new(parts: Box<dyn Parts>, time: Duration) -> Self {
        Self { parts: Some(parts), end: Instant::now() + time }
    }
}

#[async_trait::async_trait]
impl Parts for Until {
    async fn next(&mut self) -> Option<Result<Bytes, Interrupted>> {
        let parts = self.parts.as_mut()?;
        timeout_at(self.end, parts.next()).await.unwrap_or_else(|_| {
            self.parts = None;
            Some(Err(Interrupted))
        })
    }
}
