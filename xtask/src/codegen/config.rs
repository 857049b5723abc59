//! models/operations.toml.

use crate::Result;
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// The services, by their models' names.
#[derive(Debug, Deserialize)]
pub(crate) struct Config(pub(crate) BTreeMap<String, Service>);

/// What is made of one model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Service {
    #[serde(rename = "trait")]
    pub(crate) api: String,
    pub(crate) constraint: String,
    pub(crate) operations: Vec<String>,
    pub(crate) codes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body_limits: BTreeMap<String, u64>,
    #[serde(default)]
    pub(crate) shapes: BTreeMap<String, Constraints>,
}

/// Constraints that replace the model's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constraints {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) pattern: Option<String>,
    /// Whether the service itself checks the values of this enumeration.
    #[serde(default)]
    pub(crate) open: bool,
}

impl Config {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let path = root.join("models/operations.toml");
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }
}
