//! Who calls, where an API wants to know it, and whether they may.
//!
//! Keys, users and their policies are not the gateway's: whoever runs it gives it a [`Gate`] for each way that
//! requests come in.

use crate::call::Call;
use std::{borrow::Cow, fmt};
use tinderbox_base::{
    AccountId, Caller, Error, Region, Result,
    policy::{Context, Decision, Denial, Policy, RequestKeys, Source},
};

/// Who signed a request.
#[derive(Clone, Debug)]
pub struct Signer {
    /// As whom they call; the account and the region are their own.
    pub caller: Caller,
    /// Their unique id, that of the session after a colon.
    pub user_id: String,
    /// Their ARN.
    pub arn: String,
}

impl Signer {
    /// What `requestContext.identity` tells of them: `accessKey`, `accountId`, `caller`, `user` or `userArn`.
    pub(crate) fn identity(&self, name: &str) -> Option<&str> {
        match name {
            "accessKey" => self.caller.access_key.as_deref(),
            "accountId" => Some(self.caller.account.as_str()),
            "userArn" => Some(&self.arn),
            "caller" | "user" => Some(&self.user_id),
            _ => None,
        }
    }
}

/// Why it is not known who signed a request.
#[derive(Clone, Debug)]
pub enum Unsigned {
    /// The signature is missing or wrong: an error's name, as of the AWS APIs, and what the client reads.
    Refused(Cow<'static, str>, String),
    /// It could not be found out.
    Failed(Error),
}

/// The error's name where a request has no signature at all.
pub const MISSING: &str = "MissingAuthenticationTokenException";

/// What is to be decided.
#[derive(Debug)]
pub struct Question<'a> {
    /// The action, such as `execute-api:Invoke`.
    pub action: &'a str,
    /// The ARN of what is called.
    pub resource: &'a str,
    /// The account that owns it.
    pub owner: &'a AccountId,
    /// What is known of the request.
    pub context: Context,
    /// The policy of what is called, if it has one.
    pub attached: Option<&'a Policy>,
}

/// Knows callers by their signatures, and what they may do.
#[async_trait::async_trait]
pub trait Gate: Send + Sync {
    /// Whether requests come encrypted.
    fn is_encrypted(&self) -> bool;

    /// Who signed a request to `service` in `region`.
    async fn signer(&self, call: &Call, service: &str, region: &Region) -> Result<Signer, Unsigned>;

    /// Whether they may do what they ask for.
    ///
    /// # Errors
    /// Their policies cannot be read.
    async fn decide(&self, signer: &Signer, question: Question<'_>) -> Result<Decision>;
}

impl fmt::Debug for dyn Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("is_encrypted", &self.is_encrypted()).finish_non_exhaustive()
    }
}

/// What policies can know of a request to something in `region`.
pub(crate) fn context(call: &Call, region: &Region) -> Context {
    Context::from(RequestKeys {
        now: call.received,
        region,
        secure: call.gate.is_encrypted(),
        source_ip: Some(call.source_ip),
        user_agent: call.header("user-agent"),
        referer: call.header("referer"),
    })
}

/// Knows nobody: for requests that come from no outside.
pub(crate) struct Closed;

#[async_trait::async_trait]
impl Gate for Closed {
    fn is_encrypted(&self) -> bool {
        false
    }

    async fn signer(&self, _: &Call, _: &str, _: &Region) -> Result<Signer, Unsigned> {
        Err(Unsigned::Refused(MISSING.into(), "Missing Authentication Token".into()))
    }

    async fn decide(&self, _: &Signer, _: Question<'_>) -> Result<Decision> {
        Ok(Decision::Denied(Denial::Implicit(Source::Identity)))
    }
}
