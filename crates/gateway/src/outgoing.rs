//! What clients are answered.

use bytes::Bytes;
use std::fmt;
use tinderbox_base::{Interrupted, Parts};

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
