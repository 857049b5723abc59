//! Models of bodies, and who checks requests by them.

use serde::{Deserialize, Serialize};

/// The form of bodies of one content type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Model {
    /// Its id.
    pub id: String,
    /// Its name, by which methods refer to it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// JSON Schema, draft 4.
    pub schema: Option<String>,
    /// The content type.
    pub content_type: Option<String>,
}

/// What is checked of requests before an integration sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RequestValidator {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether bodies must be of the method's models.
    pub validate_request_body: bool,
    /// Whether parameters that the method requires must be there.
    pub validate_request_parameters: bool,
}
