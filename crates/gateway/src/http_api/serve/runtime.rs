//! What of an API outlives its pictures: buckets, issuers' keys, and what authorizers answered.

use super::{issuer::Issuers, lambda_authorizer::Decision};
use crate::{limits::MAX_CACHED_AUTHORIZATIONS, throttle::Buckets};
use quick_cache::sync::Cache;
use std::sync::Arc;
use tinderbox_base::Monotonic;

/// Kept from an API's making to its end, or that of the process.
pub(in crate::http_api) struct Runtime {
    pub(super) buckets: Buckets,
    pub(super) issuers: Issuers,
    decisions: Cache<String, (Monotonic, Arc<Decision>)>,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            buckets: Buckets::default(),
            issuers: Issuers::default(),
            decisions: Cache::new(MAX_CACHED_AUTHORIZATIONS),
        }
    }
}

impl Runtime {
    /// What was answered to `identity`, if that still holds.
    pub(super) fn decision(&self, identity: &str, now: Monotonic) -> Option<Arc<Decision>> {
        let (until, found) = self.decisions.get(identity)?;
        (now < until).then_some(found)
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, identity: String, until: Monotonic, decision: Arc<Decision>) {
        self.decisions.insert(identity, (until, decision));
    }

    /// Forgets what was answered.
    pub(in crate::http_api) fn forget_authorizations(&self) {
        self.decisions.clear();
    }
}
