//! What a REST API is made of. Names of fields are those of the service's own API, also in the store.

mod access;
mod method;
mod schema;
mod stage;

pub use access::{ApiKey, ApiStage, Quota, Throttle, UsagePlan};
pub use method::{Integration, IntegrationKind, IntegrationResponse, Method, MethodResponse, TlsConfig};
pub use schema::{Model, RequestValidator};
pub use stage::{AccessLog, Canary, MethodSetting, Stage};

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
    /// Media types that are bytes, not text.
    pub binary_media_types: Vec<String>,
    /// Bytes from which answers are compressed; none: never.
    pub minimum_compression_size: Option<i64>,
    /// Where a request's API key comes from: `HEADER` or `AUTHORIZER`.
    pub api_key_source: Option<String>,
    /// How it is reached.
    pub endpoint_configuration: Endpoint,
    /// Whether it is not reached by its own address.
    pub disable_execute_api_endpoint: bool,
    /// The resource `/`.
    pub root_resource_id: String,
    /// Who may call it; none leaves that to its methods.
    pub policy: Option<String>,
    /// Its tags.
    pub tags: Texts,
}

/// How an API is reached. Stored and shown; here every API is reached the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Endpoint {
    /// `EDGE`, `REGIONAL` or `PRIVATE`.
    pub types: Vec<String>,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: String,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self { types: vec!["EDGE".into()], ip_address_type: "ipv4".into() }
    }
}

impl Endpoint {
    /// One of these types, with the addresses that are usual for it.
    pub fn of(types: Vec<String>) -> Self {
        let endpoint = Self { types, ..Self::default() };
        let addresses = if endpoint.is_private() { "dualstack".into() } else { endpoint.ip_address_type };
        Self { ip_address_type: addresses, ..endpoint }
    }

    /// Whether it is `PRIVATE`.
    pub(crate) fn is_private(&self) -> bool {
        self.types.iter().any(|kind| kind == "PRIVATE")
    }
}

/// One segment of an API's paths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Resource {
    /// Its id.
    pub id: String,
    /// The resource it is below; none for `/`.
    pub parent_id: Option<String>,
    /// Its segment: a text, `{name}` or `{name+}`.
    pub path_part: Option<String>,
    /// All segments from the root.
    pub path: String,
    /// What it does, by HTTP method or `ANY`.
    pub methods: BTreeMap<String, Method>,
}

/// A function that says who may call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Authorizer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `TOKEN` or `REQUEST`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A label for tools.
    pub auth_type: Option<String>,
    /// The function, as an integration names it.
    pub authorizer_uri: String,
    /// The role to call it as. Stored only.
    pub authorizer_credentials: Option<String>,
    /// Where the identity is in the request, separated by commas.
    pub identity_source: Option<String>,
    /// What a token must match before the function is asked.
    pub identity_validation_expression: Option<String>,
    /// How long an answer holds; AWS's default is 300, its most 3,600.
    pub authorizer_result_ttl_in_seconds: Option<i64>,
}

/// What the gateway itself answers in one kind of trouble.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GatewayResponse {
    /// The kind, such as `MISSING_AUTHENTICATION_TOKEN`.
    pub response_type: String,
    /// The status in place of the kind's own.
    pub status_code: Option<String>,
    /// Headers, `gatewayresponse.header.NAME` to an expression.
    pub response_parameters: Texts,
    /// Bodies by content type.
    pub response_templates: Texts,
}

/// Everything of an API that a deployment takes a picture of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// Its settings.
    pub settings: Settings,
    /// Its resources by id.
    pub resources: BTreeMap<String, Arc<Resource>>,
    /// Its authorizers by id.
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Its models by name.
    pub models: BTreeMap<String, Model>,
    /// Its request validators by id.
    pub validators: BTreeMap<String, RequestValidator>,
    /// Its own answers by kind, where they differ from the default.
    pub responses: BTreeMap<String, GatewayResponse>,
}

/// A picture of an API, which never changes.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// What it is for; the only thing about it that can be changed.
    pub description: Option<String>,
    /// When it was taken.
    pub created_date: Timestamp,
    /// What the API was then.
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
