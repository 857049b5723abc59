//! How asynchronous events of a function, version or alias are handled.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use tinderbox_base::Timestamp;

/// Retries of an event whose run failed, unless its owner wants fewer (Lambda guide, "Retry behavior").
pub const MAX_RETRIES: u32 = 2;
/// Least age, in seconds, that may be demanded (Lambda API, MaximumEventAgeInSeconds).
pub const MIN_EVENT_AGE_S: u32 = 60;
/// Greatest age of an event, in seconds, which is also the usual one: six hours.
pub const MAX_EVENT_AGE_S: u32 = 21_600;

/// The settings as stored; what is not set takes the service's own value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventConfig {
    /// Retries after the first run failed, at most [`MAX_RETRIES`].
    #[serde(default)]
    pub retries: Option<u32>,
    /// Seconds after which an event is given up.
    #[serde(default)]
    pub max_age_s: Option<u32>,
    /// The ARN that hears of events that succeeded.
    #[serde(default)]
    pub on_success: Option<String>,
    /// The ARN that hears of events that were given up.
    #[serde(default)]
    pub on_failure: Option<String>,
    /// When it was last changed.
    #[serde(default)]
    pub last_modified: Timestamp,
}

impl EventConfig {
    /// How often an event is run at most.
    pub fn max_attempts(&self) -> u32 {
        1 + self.retries.unwrap_or(MAX_RETRIES).min(MAX_RETRIES)
    }

    /// How old an event may become.
    pub fn max_age(&self) -> Duration {
        Duration::from_secs(self.max_age_s.unwrap_or(MAX_EVENT_AGE_S).into())
    }
}
