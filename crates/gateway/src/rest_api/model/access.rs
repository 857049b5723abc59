//! API keys and the plans that say how much they may use.

use super::Texts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tinderbox_base::Timestamp;

/// A key that callers send as `x-api-key`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApiKey {
    /// Its id.
    pub id: String,
    /// What callers send.
    pub value: String,
    /// Its name.
    pub name: Option<String>,
    /// A customer, for a market place.
    pub customer_id: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// When it was made.
    pub created_date: Timestamp,
    /// When it was changed last.
    pub last_updated_date: Timestamp,
    /// Its tags.
    pub tags: Texts,
}

/// How much its keys may use of which stages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UsagePlan {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The stages it is for.
    pub api_stages: Vec<ApiStage>,
    /// How often each key may call.
    pub throttle: Option<Throttle>,
    /// How much each key may call.
    pub quota: Option<Quota>,
    /// A product of a market place.
    pub product_code: Option<String>,
    /// Its tags.
    pub tags: Texts,
}

/// A stage of a usage plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApiStage {
    /// The API.
    pub api_id: String,
    /// Its stage.
    pub stage: String,
    /// How often each key may call single methods, by `{resource path}/{HTTP method}`.
    pub throttle: BTreeMap<String, Throttle>,
}

/// A rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Throttle {
    /// Requests at once.
    pub burst_limit: i64,
    /// Requests a second.
    pub rate_limit: f64,
}

/// How much may be called in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Quota {
    /// Requests in one period.
    pub limit: i64,
    /// Days after its usual begin (midnight, Sunday, the first) that a period begins.
    pub offset: i64,
    /// `DAY`, `WEEK` or `MONTH`, by UTC.
    pub period: String,
}
