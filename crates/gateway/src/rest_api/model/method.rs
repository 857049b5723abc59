//! Methods and their integrations.

use super::Texts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a resource does for one HTTP method, or for `ANY`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Method {
    /// The HTTP method, or `ANY`.
    pub http_method: String,
    /// `NONE`, `AWS_IAM` or `CUSTOM`.
    pub authorization_type: String,
    /// Who is asked, with `CUSTOM`.
    pub authorizer_id: Option<String>,
    /// Whether a request needs an API key.
    pub api_key_required: bool,
    /// Who checks requests.
    pub request_validator_id: Option<String>,
    /// A name for tools.
    pub operation_name: Option<String>,
    /// `method.request.PLACE.NAME` to whether it must be there.
    pub request_parameters: BTreeMap<String, bool>,
    /// Models of bodies by content type.
    pub request_models: Texts,
    /// What it may answer, by status.
    pub method_responses: BTreeMap<String, MethodResponse>,
    /// Who does the work.
    pub method_integration: Option<Integration>,
    /// Scopes for tokens. Stored only.
    pub authorization_scopes: Option<Vec<String>>,
}

impl Method {
    /// Without an authorizer that its type of authorization does not ask.
    pub(crate) fn normal(mut self) -> Self {
        if matches!(self.authorization_type.as_str(), "NONE" | "AWS_IAM") {
            self.authorizer_id = None;
        }
        self
    }
}

/// One answer that a method declares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MethodResponse {
    /// The status.
    pub status_code: String,
    /// `method.response.header.NAME` to whether it is always there.
    pub response_parameters: BTreeMap<String, bool>,
    /// Models of bodies by content type.
    pub response_models: Texts,
}

/// Who does a method's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntegrationKind {
    /// Another server, with mappings.
    #[serde(rename = "HTTP")]
    Http,
    /// Another server, passed through.
    #[serde(rename = "HTTP_PROXY")]
    HttpProxy,
    /// A service, with mappings.
    #[serde(rename = "AWS")]
    Aws,
    /// A function that gets the request and gives the answer.
    #[serde(rename = "AWS_PROXY")]
    AwsProxy,
    /// Nobody: the mappings alone answer.
    #[default]
    #[serde(rename = "MOCK")]
    Mock,
}

impl IntegrationKind {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::HttpProxy => "HTTP_PROXY",
            Self::Aws => "AWS",
            Self::AwsProxy => "AWS_PROXY",
            Self::Mock => "MOCK",
        }
    }

    /// The kind of this name.
    pub fn of(name: &str) -> Option<Self> {
        let all = [Self::Http, Self::HttpProxy, Self::Aws, Self::AwsProxy, Self::Mock];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How a method's work is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Integration {
    /// By whom.
    #[serde(rename = "type")]
    pub kind: IntegrationKind,
    /// The HTTP method of the request to it.
    pub http_method: Option<String>,
    /// Its address.
    pub uri: Option<String>,
    /// `INTERNET` or `VPC_LINK`.
    pub connection_type: Option<String>,
    /// The link.
    pub connection_id: Option<String>,
    /// The role to call it as.
    pub credentials: Option<String>,
    /// `integration.request.PLACE.NAME` to an expression.
    pub request_parameters: Texts,
    /// Templates of the request's body by content type.
    pub request_templates: Texts,
    /// What becomes of a body without a template.
    pub passthrough_behavior: String,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    pub content_handling: Option<String>,
    /// How long it may take.
    pub timeout_in_millis: Option<i64>,
    /// Whose cache it shares.
    pub cache_namespace: String,
    /// What tells cached answers apart.
    pub cache_key_parameters: Vec<String>,
    /// What it may answer, by status.
    pub integration_responses: BTreeMap<String, IntegrationResponse>,
    /// How it is encrypted.
    pub tls_config: Option<TlsConfig>,
    /// `BUFFERED`, or `STREAM`: its answers are passed on as they come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_transfer_mode: Option<String>,
}

impl Integration {
    /// Whether its answers are passed on as they come.
    pub fn is_streamed(&self) -> bool {
        self.response_transfer_mode.as_deref() == Some("STREAM")
    }
}

/// How a connection to another server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsConfig {
    /// Whether any certificate will do.
    pub insecure_skip_verification: bool,
}

/// How one answer of an integration becomes the method's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IntegrationResponse {
    /// The method's status.
    pub status_code: String,
    /// Which answers it is for; none: those that no other is for.
    pub selection_pattern: Option<String>,
    /// `method.response.header.NAME` to an expression.
    pub response_parameters: Texts,
    /// Templates of the body by content type.
    pub response_templates: Texts,
    /// `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT`.
    pub content_handling: Option<String>,
}
