//! Where a request came in, and whom that makes the caller.

use crate::route::Scope;
use tinderbox_base::{AccountId, Caller, Region, RequestId};

/// The way a request came.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The loopback listener: any credentials, or none, unless all must be verified.
    Loopback,
    /// The loopback listener, encrypted.
    LoopbackTls,
    /// A listener that others can reach: every request must be signed.
    Public {
        /// Whether the connection is encrypted, for the URLs that we hand out.
        tls: bool,
    },
    /// An instance's own endpoint, whose network namespace is the caller's identity.
    Instance {
        /// The caller that every request gets: the execution role with its access key; the router
        /// replaces the request id, the region where the signature names one, and the trace.
        caller: Box<Caller>,
        /// Whether the connection is encrypted, for the URLs that we hand out.
        tls: bool,
    },
}

/// The address that a request comes from: an extension of it, where the listener knows.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub std::net::IpAddr);

/// The request's access key is not one that is taken without a signature.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ForeignKey;

impl Origin {
    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        match self {
            Self::Instance { tls, .. } | Self::Public { tls } => *tls,
            Self::LoopbackTls => true,
            Self::Loopback => false,
        }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_encrypted() { "https" } else { "http" }
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// Only a signature tells: from an instance any key but its own, and whatever comes from elsewhere.
    pub(crate) fn caller(
        &self,
        scope: Option<&Scope>,
        request_id: RequestId,
        trace: Option<String>,
    ) -> Result<Caller, ForeignKey> {
        let region = scope.and_then(|s| s.region.parse::<Region>().ok());
        let key = scope.map(|s| s.access_key.clone());
        let mut caller = match self {
            Self::Loopback | Self::LoopbackTls => {
                let account = key.as_deref().and_then(|k| k.parse::<AccountId>().ok());
                let mut caller = Caller::root(account.unwrap_or_default(), Region::default(), request_id);
                caller.access_key = key;
                caller
            }
            Self::Public { .. } => return Err(ForeignKey),
            Self::Instance { caller, .. } => {
                if key.is_some() && key != caller.access_key {
                    return Err(ForeignKey);
                }
                Caller { request_id, ..(**caller).clone() }
            }
        };
        caller.region = region.unwrap_or(caller.region);
        caller.trace = trace.or(caller.trace);
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::SeededRandom;

    fn scope(key: &str, region: &str) -> Scope {
        Scope { access_key: key.into(), region: region.into(), service: "lambda".into() }
    }

    fn id() -> RequestId {
        RequestId::new(&SeededRandom::new(1))
    }

    #[test]
    fn loopback_callers() {
        fn check(given: Option<Scope>, account: &str, region: &str) {
            let caller = Origin::Loopback.caller(given.as_ref(), id(), None).expect("anyone may call");
            assert_eq!((caller.account.as_str(), caller.region.as_str()), (account, region));
        }
        check(None, "123456789012", "us-east-1");
        check(Some(scope("test", "eu-west-1")), "123456789012", "eu-west-1");
        check(Some(scope("000000000001", "")), "000000000001", "us-east-1");
        check(Some(scope("AKIA", "NOT A REGION")), "123456789012", "us-east-1");
    }

    #[test]
    fn an_instance_has_one_key() {
        let account: AccountId = "000000000009".parse().expect("an account");
        let mut caller = Caller::root(account.clone(), Region::default(), id());
        caller.access_key = Some("ASIAROLE".into());
        let origin = Origin::Instance { caller: Box::new(caller), tls: false };
        let check = |given: Option<Scope>, ok: bool| {
            let found = origin.caller(given.as_ref(), id(), None);
            assert_eq!(found.map(|c| c.account), if ok { Ok(account.clone()) } else { Err(ForeignKey) });
        };
        check(Some(scope("ASIAROLE", "us-east-1")), true);
        check(None, true);
        check(Some(scope("000000000001", "us-east-1")), false);
    }
}
