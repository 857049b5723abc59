//! The trait through which whoever verifies signatures finds the secrets behind access keys.

use crate::{AccountId, Error, Principal, Session};
use async_trait::async_trait;
use std::{fmt, sync::Arc};

/// What an access key stands for.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// What its owner signs with.
    pub secret: Secret,
    /// The account it belongs to.
    pub account: AccountId,
    /// Who calls with it.
    pub principal: Principal,
    /// The session, if it is one's.
    pub session: Option<Arc<Session>>,
}

/// A secret access key. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret in clear, for the hash or the one answer that tells it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why an access key stands for nobody.
#[derive(Clone, Debug)]
pub enum KeyFault {
    /// There is none of this id, it is inactive, or the token is not its.
    Unknown,
    /// Its session is over.
    Expired,
    /// It could not be looked up.
    Failed(Error),
}

/// Finds what access keys stand for.
#[async_trait]
pub trait AccessKeys: Send + Sync {
    /// The key called `id`; `token` is the session token that came with it. A key of a session is known by its token
    /// only, and every other has none.
    async fn find(&self, id: &str, token: Option<&str>) -> Result<Arc<KnownKey>, KeyFault>;
}
