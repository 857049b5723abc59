//! Who calls, and whether they may: signatures are verified, and the operation is authorised.
//!
//! Where a request came in decides what is asked of it. On the loopback listener any credentials do, unless the
//! configuration says otherwise; an instance is its role; everyone else must have signed.

mod authorize;
mod proof;
mod signer;

pub use authorize::{Authorize, Call, Refused};
pub use signer::{Signed, Unproven};

use crate::{Origin, ServiceError, route::Scope, schema::Protocol, sigv4};
use proof::Proof;
use sigv4::{Claim, SignatureFault, SignedRequest};
use std::{fmt, sync::Arc};
use tinderbox_base::{AccessKeys, Caller, Clock, KnownKey, RequestId};

/// Whose word is taken for who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loopback {
    /// Anyone's who reaches the loopback listener.
    #[default]
    Trusted,
    /// Nobody's: every request must be signed.
    Verified,
}

/// What signatures are verified with.
#[derive(Clone)]
pub struct Authentication {
    /// Who knows the secrets.
    pub keys: Arc<dyn AccessKeys>,
    /// What signatures' moments are compared with.
    pub clock: Arc<dyn Clock>,
    /// What the loopback listener asks for.
    pub loopback: Loopback,
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("loopback", &self.loopback).finish_non_exhaustive()
    }
}

/// What is known of a request before its body.
pub(crate) struct Arrival<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) request: SignedRequest<'a>,
    pub(crate) id: RequestId,
    pub(crate) trace: Option<String>,
    /// The service's name in signatures, where it is known.
    pub(crate) service: Option<&'a str>,
    /// The protocol to refuse in.
    pub(crate) protocol: Protocol,
}

/// A caller, and what is still to be proven once the body has come.
pub(crate) struct Known {
    pub(crate) caller: Caller,
    pub(crate) proof: Option<Proof>,
}

/// Finds out who calls, without the body.
pub(crate) async fn caller(
    authentication: Option<&Authentication>,
    arrival: &Arrival<'_>,
) -> Result<Known, ServiceError> {
    let Some(authentication) = authentication else {
        return by_origin(arrival);
    };
    match arrival.origin {
        Origin::Loopback | Origin::LoopbackTls if authentication.loopback == Loopback::Trusted => {
            let mut known = by_origin(arrival)?;
            authentication.recognise(&mut known.caller, arrival).await;
            Ok(known)
        }
        Origin::Instance { caller, .. }
            if arrival.scope.is_none_or(|s| Some(&s.access_key) == caller.access_key.as_ref()) =>
        {
            by_origin(arrival)
        }
        Origin::Loopback | Origin::LoopbackTls | Origin::Instance { .. } | Origin::Public { .. } => {
            authentication.claimed(arrival).await
        }
    }
}

/// The caller that the way of the request tells, without any signature.
fn by_origin(arrival: &Arrival<'_>) -> Result<Known, ServiceError> {
    let caller = arrival.origin.caller(arrival.scope, arrival.id, arrival.trace.clone());
    match caller {
        Ok(caller) => Ok(Known { caller, proof: None }),
        Err(_) => Err(SignatureFault::UnknownKey.into_error(arrival.protocol)),
    }
}

impl Authentication {
    /// Where any credentials are accepted, those that we gave still tell who calls.
    async fn recognise(&self, caller: &mut Caller, arrival: &Arrival<'_>) {
        let Some(id) = caller.access_key.as_deref().filter(|id| is_ours(id)) else { return };
        let token = token(&arrival.request);
        if let Ok(known) = self.keys.find(id, token.as_deref()).await {
            adopt(caller, &known);
        }
    }

    /// The caller that the request claims to come from, provided that the proof holds.
    async fn claimed(&self, arrival: &Arrival<'_>) -> Result<Known, ServiceError> {
        let unproven = |unproven: Unproven| unproven.into_error(arrival.protocol);
        let claim = Claim::parse(&arrival.request).map_err(|fault| unproven(fault.into()))?;
        let known = self.known(&claim).await.map_err(unproven)?;
        let scope = claim.check_scope(self.clock.now(), arrival.service);
        scope.map_err(|fault| unproven(fault.into()))?;
        let caller = caller_of(&claim, &known, arrival.id, arrival.trace.clone());
        Ok(Known { caller, proof: Some(Proof::new(claim, known)) })
    }
}

/// The caller that a claim names, by what its key stands for.
fn caller_of(claim: &Claim, known: &KnownKey, id: RequestId, trace: Option<String>) -> Caller {
    let region = claim.region.parse().unwrap_or_default();
    let mut caller = Caller::root(known.account.clone(), region, id);
    adopt(&mut caller, known);
    caller.access_key = Some(claim.access_key.clone());
    caller.trace = trace;
    caller
}

fn adopt(caller: &mut Caller, known: &KnownKey) {
    caller.account = known.account.clone();
    caller.principal = known.principal.clone();
    caller.session = known.session.clone();
}

/// Whether an access key id has the form of those that we give.
fn is_ours(id: &str) -> bool {
    id.len() == 20 && (id.starts_with("AKIA") || id.starts_with("ASIA"))
}

fn token(request: &SignedRequest<'_>) -> Option<String> {
    let header = request.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    header.map(str::to_owned).or_else(|| Claim::parse(request).ok()?.token)
}
