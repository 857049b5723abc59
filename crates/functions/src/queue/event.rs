//! What is stored of a waiting event.

use crate::service::Event;
use serde::{Deserialize, Serialize};
use tinderbox_base::{AccountId, Caller, Region, RequestId, Timestamp};

/// The short entry of a waiting event; its payload lies apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// When it was accepted.
    pub(super) accepted: Timestamp,
    /// The name by which the function was invoked.
    pub(super) arn: String,
    /// The version or alias that was asked for.
    #[serde(default)]
    pub(super) qualifier: Option<String>,
    /// The caller's trace header.
    pub(super) trace: Option<String>,
    /// Bytes of its payload.
    #[serde(default)]
    pub(super) size: u64,
    /// How often it ran and failed.
    #[serde(default)]
    pub(super) failures: u32,
    /// Before when it must not be run again.
    #[serde(default)]
    pub(super) due: Option<Timestamp>,
}

impl Waiting {
    pub(super) fn of(event: &Event, qualifier: Option<String>, accepted: Timestamp) -> Self {
        Self {
            accepted,
            arn: event.arn.clone(),
            qualifier,
            trace: event.caller.trace.clone(),
            size: event.payload.len() as u64,
            failures: 0,
            due: None,
        }
    }

    /// The caller in whose name the event runs: the account, by the function's own queue.
    pub(super) fn caller(&self, account: &AccountId, region: &Region, request: RequestId) -> Caller {
        Caller { trace: self.trace.clone(), ..Caller::root(account.clone(), region.clone(), request) }
    }
}
