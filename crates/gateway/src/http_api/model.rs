//! What an HTTP API is made of. Names of fields are those of the service's own API, also in the store.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{AccountId, Region, Timestamp};

/// Texts by name.
pub type Texts = BTreeMap<String, String>;

/// An API's own settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Its id, unique among all APIs.
    pub id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_date: Timestamp,
    /// Its version, a label.
    pub version: Option<String>,
    /// Which pages of other origins may call it.
    pub cors: Option<Cors>,
    /// Whether it is not reached by its own address.
    pub disable_execute_api_endpoint: bool,
    /// Its tags.
    pub tags: Texts,
}

/// Which pages of other origins may call an API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Cors {
    /// Whether they may send credentials.
    pub allow_credentials: Option<bool>,
    /// Headers they may send; `*` for all.
    pub allow_headers: Option<Vec<String>>,
    /// Methods they may use; `*` for all.
    pub allow_methods: Option<Vec<String>>,
    /// Their origins; `*` for all, `https://*` for all of a scheme.
    pub allow_origins: Option<Vec<String>>,
    /// Headers of answers they may read; `*` for all.
    pub expose_headers: Option<Vec<String>>,
    /// Seconds that browsers may remember this.
    pub max_age: Option<i64>,
}

/// A route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Route {
    /// Its id.
    pub id: String,
    /// `METHOD /path` or `$default`.
    pub route_key: String,
    /// `integrations/ID`.
    pub target: Option<String>,
    /// `NONE`, `JWT` or `CUSTOM`.
    pub authorization_type: String,
    /// Who is asked.
    pub authorizer_id: Option<String>,
    /// Scopes of which a token needs one.
    pub authorization_scopes: Vec<String>,
    /// Whether a key is needed. Stored only.
    pub api_key_required: bool,
    /// A name for tools.
    pub operation_name: Option<String>,
    /// Whether it was made with the API.
    pub managed: bool,
}

/// Who does a route's work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Integration {
    /// Its id.
    pub id: String,
    /// `AWS_PROXY` or `HTTP_PROXY`.
    pub integration_type: String,
    /// The method of the request to it.
    pub integration_method: Option<String>,
    /// A function, or the address of a server.
    pub integration_uri: Option<String>,
    /// `INTERNET`.
    pub connection_type: String,
    /// What it is for.
    pub description: Option<String>,
    /// The role to call it as. Stored only.
    pub credentials_arn: Option<String>,
    /// `1.0` or `2.0`.
    pub payload_format_version: String,
    /// How long it may take.
    pub timeout_in_millis: i64,
    /// What it changes about requests.
    pub request_parameters: Texts,
    /// What it changes about answers, by their status.
    pub response_parameters: BTreeMap<String, Texts>,
    /// Whether it was made with the API.
    pub managed: bool,
}

/// Who says who may call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Authorizer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `JWT` or `REQUEST`.
    pub authorizer_type: String,
    /// The function, as an integration names it.
    pub authorizer_uri: Option<String>,
    /// The role to call it as. Stored only.
    pub authorizer_credentials_arn: Option<String>,
    /// Where the identity is in the request.
    pub identity_source: Vec<String>,
    /// How long an answer holds, in seconds.
    pub authorizer_result_ttl_in_seconds: Option<i64>,
    /// `1.0` or `2.0`, of functions.
    pub authorizer_payload_format_version: Option<String>,
    /// Whether the function answers yes or no rather than with a policy.
    pub enable_simple_responses: Option<bool>,
    /// Whose tokens are good, of `JWT`.
    pub jwt: Option<Jwt>,
}

/// Whose tokens are good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Jwt {
    /// For whom a token must be; one of them.
    pub audience: Vec<String>,
    /// Who must have issued it, the address below which its keys are found.
    pub issuer: String,
}

/// A deployment under a name, with what is set for that name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Stage {
    /// Its name; `$default` has no segment in paths.
    pub stage_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it serves.
    pub deployment_id: Option<String>,
    /// Whether it serves every change at once.
    pub auto_deploy: bool,
    /// Values that integrations may use.
    pub stage_variables: Texts,
    /// How often any of its routes may be called.
    pub default_route_settings: RouteSettings,
    /// How often single routes may be called, by their keys.
    pub route_settings: BTreeMap<String, RouteSettings>,
    /// Where requests are written down.
    pub access_log: Option<AccessLog>,
    /// A certificate for integrations. Stored only.
    pub client_certificate_id: Option<String>,
    /// When it was made.
    pub created_date: Timestamp,
    /// When it was changed last.
    pub last_updated_date: Timestamp,
    /// How the last automatic deployment went.
    pub last_deployment_status_message: Option<String>,
    /// Its tags.
    pub tags: Texts,
    /// Whether it was made with the API.
    pub managed: bool,
}

/// How often a route may be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteSettings {
    /// Whether its metrics are kept apart. Stored only.
    pub detailed_metrics_enabled: bool,
    /// Requests at once.
    pub throttling_burst_limit: Option<i64>,
    /// Requests a second.
    pub throttling_rate_limit: Option<f64>,
}

/// Where a stage's requests are written down, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AccessLog {
    /// A log group's ARN.
    pub destination_arn: Option<String>,
    /// The line.
    pub format: Option<String>,
}

/// Everything of an API that a deployment takes a picture of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Definition {
    /// Its settings.
    pub settings: Settings,
    /// Its routes by id.
    pub routes: BTreeMap<String, Route>,
    /// Its integrations by id.
    pub integrations: BTreeMap<String, Integration>,
    /// Its authorizers by id.
    pub authorizers: BTreeMap<String, Authorizer>,
}

/// A picture of an API, which never changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// What it is for; the only thing about it that can be changed.
    pub description: Option<String>,
    /// When it was taken.
    pub created_date: Timestamp,
    /// Whether a change made it.
    pub auto_deployed: bool,
    /// What the API was then.
    #[serde(with = "shared")]
    pub definition: Arc<Definition>,
}

/// An API with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Api {
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// What it is now, deployed or not.
    pub definition: Definition,
    /// Its deployments by id.
    pub deployments: BTreeMap<String, Arc<Deployment>>,
    /// Its stages by name.
    pub stages: BTreeMap<String, Arc<Stage>>,
}

impl Api {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.definition.settings.id
    }
}

/// A definition that several may hold, in the store.
mod shared {
    use super::Definition;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(own: &Arc<Definition>, serializer: S) -> Result<S::Ok, S::Error> {
        Definition::serialize(own, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Definition>, D::Error> {
        Definition::deserialize(deserializer).map(Arc::new)
    }
}
