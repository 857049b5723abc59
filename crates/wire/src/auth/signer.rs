//! Who signed a request that is no call of the AWS APIs: one to an API of somebody's own.

use super::{Authentication, Loopback, caller_of, proof::Proof};
use crate::{
    Origin, ServiceError,
    schema::Protocol,
    sigv4::{Claim, SignatureFault, SignedRequest, sha256},
};
use std::sync::Arc;
use tinderbox_base::{AccountId, Caller, Error, KeyFault, KnownKey, Region, RequestId};

/// A request, complete, and what it must have been signed for.
#[derive(Debug)]
pub struct Signed<'a> {
    /// Its head.
    pub request: SignedRequest<'a>,
    /// Its body.
    pub body: &'a [u8],
    /// The service's name in signatures.
    pub service: &'a str,
    /// Where it is called.
    pub region: &'a Region,
    /// The request's id.
    pub id: RequestId,
    /// Its trace.
    pub trace: Option<String>,
}

/// Why it is not known who signed.
#[derive(Clone, Debug)]
pub enum Unproven {
    /// The signature is none, or not this request's, or nobody's.
    Fault(SignatureFault),
    /// The key could not be looked up.
    Failed(Error),
}

impl From<SignatureFault> for Unproven {
    fn from(fault: SignatureFault) -> Self {
        Self::Fault(fault)
    }
}

impl Unproven {
    /// The error that a service answers in `protocol`.
    pub fn into_error(self, protocol: Protocol) -> ServiceError {
        match self {
            Self::Fault(fault) => fault.into_error(protocol),
            Self::Failed(error) => error.into(),
        }
    }
}

impl Authentication {
    /// Who signed a request.
    ///
    /// An instance's own key is its role, by the way that the request came. Where any credentials are accepted, a key
    /// that nobody has is the account itself, as in every other call; the signature of one that is known must be right.
    ///
    /// # Errors
    /// It is not signed, not for this service and region, or not by who it says.
    pub async fn signer(&self, origin: &Origin, signed: &Signed<'_>) -> Result<Caller, Unproven> {
        let claim = Claim::parse(&signed.request)?;
        let trace = signed.trace.clone();
        let trusted = match origin {
            Origin::Instance { caller, .. } if caller.access_key.as_ref() == Some(&claim.access_key) => {
                return Ok(Caller { request_id: signed.id, trace, ..Caller::clone(caller) });
            }
            Origin::Loopback | Origin::LoopbackTls => self.loopback == Loopback::Trusted,
            Origin::Public { .. } | Origin::Instance { .. } => false,
        };
        let known = match self.known(&claim).await {
            Err(Unproven::Fault(SignatureFault::UnknownKey)) if trusted => None,
            known => Some(known?),
        };
        claim.check_scope(self.clock.now(), Some(signed.service))?;
        if claim.region != signed.region.as_str() {
            let text = format!("Credential should be scoped to a valid region, not '{}'. ", claim.region);
            return Err(SignatureFault::Scope(text).into());
        }
        let Some(known) = known else {
            let account = claim.access_key.parse::<AccountId>().unwrap_or_default();
            let root = Caller::root(account, signed.region.clone(), signed.id);
            return Ok(Caller { access_key: Some(claim.access_key), trace, ..root });
        };
        let caller = caller_of(&claim, &known, signed.id, trace);
        Proof::new(claim, known).check(&signed.request, &sha256(signed.body))?;
        Ok(caller)
    }

    /// What the key of a claim stands for.
    pub(super) async fn known(&self, claim: &Claim) -> Result<Arc<KnownKey>, Unproven> {
        let found = self.keys.find(&claim.access_key, claim.token.as_deref()).await;
        found.map_err(|fault| match fault {
            KeyFault::Unknown => SignatureFault::UnknownKey.into(),
            KeyFault::Expired => SignatureFault::ExpiredToken.into(),
            KeyFault::Failed(error) => Unproven::Failed(error),
        })
    }
}
