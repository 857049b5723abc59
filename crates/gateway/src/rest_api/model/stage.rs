//! Stages: what of an API can be called.

use super::Texts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tinderbox_base::Timestamp;

/// A deployment under a name, with what is set for that name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Stage {
    /// Its name.
    pub stage_name: String,
    /// What it serves.
    pub deployment_id: String,
    /// What it is for.
    pub description: Option<String>,
    /// A certificate for integrations. Stored only.
    pub client_certificate_id: Option<String>,
    /// Whether answers may be kept.
    pub cache_cluster_enabled: bool,
    /// Gigabytes of the cache, as it was asked for; what is kept is bounded for all stages together.
    pub cache_cluster_size: Option<String>,
    /// Settings by `{resource path}/{HTTP method}`, `*/*` for all.
    pub method_settings: BTreeMap<String, MethodSetting>,
    /// Values that integrations may use.
    pub variables: Texts,
    /// A version of the documentation. Stored only.
    pub documentation_version: Option<String>,
    /// Where requests are written down.
    pub access_log_settings: Option<AccessLog>,
    /// Another deployment that some requests get.
    pub canary_settings: Option<Canary>,
    /// Whether requests are traced. Stored only.
    pub tracing_enabled: bool,
    /// Its tags.
    pub tags: Texts,
    /// When it was made.
    pub created_date: Timestamp,
    /// When it was changed last.
    pub last_updated_date: Timestamp,
}

/// Another deployment that some of a stage's requests get.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Canary {
    /// How many of a hundred, drawn at random for each request.
    pub percent_traffic: f64,
    /// What those get; none: what the stage serves.
    pub deployment_id: Option<String>,
    /// Variables that are different for those.
    pub stage_variable_overrides: Texts,
    /// Whether those share the stage's cache.
    pub use_stage_cache: bool,
}

/// Where a stage's requests are written down, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccessLog {
    /// One line, with `$context` variables.
    pub format: Option<String>,
    /// A log group.
    pub destination_arn: Option<String>,
}

/// What is set for some methods of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MethodSetting {
    /// Whether metrics are written. Stored only.
    pub metrics_enabled: bool,
    /// `OFF`, `ERROR` or `INFO`. Stored only.
    pub logging_level: Option<String>,
    /// Whether all of a request is logged. Stored only.
    pub data_trace_enabled: bool,
    /// Requests at once; -1: no limit of its own.
    pub throttling_burst_limit: i64,
    /// Requests a second; -1: no limit of its own.
    pub throttling_rate_limit: f64,
    /// Whether answers are kept, if the stage keeps any.
    pub caching_enabled: bool,
    /// How long they are, in seconds.
    pub cache_ttl_in_seconds: i64,
    /// Whether the cache is encrypted. Stored only.
    pub cache_data_encrypted: bool,
    /// Whether having an answer made anew takes a permission.
    pub require_authorization_for_cache_control: bool,
    /// What those hear who have none.
    pub unauthorized_cache_control_header_strategy: Option<String>,
}

impl Default for MethodSetting {
    fn default() -> Self {
        Self {
            metrics_enabled: false,
            logging_level: None,
            data_trace_enabled: false,
            throttling_burst_limit: -1,
            throttling_rate_limit: -1.0,
            caching_enabled: false,
            cache_ttl_in_seconds: 300,
            cache_data_encrypted: false,
            require_authorization_for_cache_control: true,
            unauthorized_cache_control_header_strategy: Some("SUCCEED_WITH_RESPONSE_HEADER".into()),
        }
    }
}
