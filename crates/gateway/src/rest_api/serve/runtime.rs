//! What of an API outlives its pictures: buckets, and what authorizers answered.

use super::authorizer::Authorization;
use crate::{limits::MAX_CACHED_AUTHORIZATIONS, mapping::Templates, throttle::Buckets};
use quick_cache::sync::Cache;
use std::sync::Arc;
use tinderbox_base::Monotonic;

/// Kept from an API's making to its end, or that of the process.
pub(in crate::rest_api) struct Runtime {
    pub(super) buckets: Buckets,
    pub(super) templates: Templates,
    authorizations: Cache<String, (Monotonic, Arc<Authorization>)>,
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            buckets: Buckets::default(),
            templates: Templates::default(),
            authorizations: Cache::new(MAX_CACHED_AUTHORIZATIONS),
        }
    }
}

impl Runtime {
    /// What was answered to `identity`, if that still holds.
    pub(super) fn authorization(&self, identity: &str, now: Monotonic) -> Option<Arc<Authorization>> {
        let (until, found) = self.authorizations.get(identity)?;
        (now < until).then_some(found)
    }

    /// Keeps an answer.
    pub(super) fn keep_authorization(&self, identity: String, until: Monotonic, answer: Arc<Authorization>) {
        self.authorizations.insert(identity, (until, answer));
    }

    /// Forgets what was answered for a stage.
    pub(in crate::rest_api) fn forget_authorizations(&self, stage: &str) {
        let prefix = format!("{stage}\0");
        self.authorizations.retain(|identity, _| !identity.starts_with(&prefix));
    }
}
