//! What the store holds of REST APIs, and under which keys.
//!
//! | key below `/v1/ACCOUNT/REGION/apigateway` | value |
//! | --- | --- |
//! | `restapi/API` | [`Head`]: settings, authorizers, models, validators, the gateway's answers |
//! | `resource/API/ID` | [`Resource`] |
//! | `deployment/API/ID` | [`DeploymentHead`] |
//! | `deployment-part/API/ID/#N` | a piece of the deployment's [`Snapshot`] as JSON |
//! | `stage/API/NAME` | [`Stage`] |
//! | `apikey/ID`, `usageplan/ID` | [`ApiKey`], [`UsagePlan`] |
//! | `usageplankey/PLAN/KEY` | nothing: that the key belongs to the plan |
//! | `usage/PLAN/KEY` | what the key used |
//! | `account` | the account's settings |

pub(super) use crate::commit::{decode, encode};

use super::model::{Authorizer, Definition, GatewayResponse, Model, RequestValidator, Resource, Settings};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tinderbox_base::{AccountId, Region, Timestamp};
use tinderbox_store::{Key, KeyBuilder};

/// The service's name in keys and ARNs.
pub(super) const SERVICE: &str = "apigateway";

/// Bytes of one piece of a deployment; values have a limit of two MiB.
pub(super) const PART_BYTES: usize = 1 << 20;

/// Pieces of a deployment: a commit takes eight MiB.
pub(super) const MAX_PARTS: usize = 7;

/// An account in a region: where everything of it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) account: AccountId,
    pub(super) region: Region,
}

impl Place {
    pub(super) fn kind(&self, kind: &str) -> KeyBuilder {
        Key::of(&self.account, &self.region, SERVICE, kind)
    }

    pub(super) fn api(&self, id: &str) -> Key {
        self.kind("restapi").text(id).build()
    }

    pub(super) fn resource(&self, api: &str, id: &str) -> Key {
        self.kind("resource").text(api).text(id).build()
    }

    pub(super) fn deployment(&self, api: &str, id: &str) -> Key {
        self.kind("deployment").text(api).text(id).build()
    }

    pub(super) fn deployment_part(&self, api: &str, id: &str, part: usize) -> Key {
        self.kind("deployment-part").text(api).text(id).number(part as u64).build()
    }

    pub(super) fn stage(&self, api: &str, name: &str) -> Key {
        self.kind("stage").text(api).text(name).build()
    }

    pub(super) fn of(&self, kind: &str, id: &str) -> Key {
        self.kind(kind).text(id).build()
    }

    pub(super) fn in_plan(&self, kind: &str, plan: &str, key: &str) -> Key {
        self.kind(kind).text(plan).text(key).build()
    }
}

/// An API without what has keys of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) settings: Settings,
    pub(super) authorizers: BTreeMap<String, Authorizer>,
    pub(super) models: BTreeMap<String, Model>,
    pub(super) validators: BTreeMap<String, RequestValidator>,
    pub(super) responses: BTreeMap<String, GatewayResponse>,
}

/// A deployment without its picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DeploymentHead {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) created_date: Timestamp,
    pub(super) parts: usize,
}

/// A deployment's picture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Snapshot {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) resources: Vec<Resource>,
}

impl Head {
    pub(super) fn of(definition: &Definition) -> Self {
        Self {
            settings: definition.settings.clone(),
            authorizers: definition.authorizers.clone(),
            models: definition.models.clone(),
            validators: definition.validators.clone(),
            responses: definition.responses.clone(),
        }
    }

    pub(super) fn with(self, resources: impl IntoIterator<Item = Resource>) -> Definition {
        Definition {
            settings: self.settings,
            resources: resources.into_iter().map(|r| (r.id.clone(), Arc::new(r))).collect(),
            authorizers: self.authorizers,
            models: self.models,
            validators: self.validators,
            responses: self.responses,
        }
    }
}

impl Snapshot {
    pub(super) fn of(definition: &Definition) -> Self {
        let resources = definition.resources.values().map(|r| Resource::clone(r)).collect();
        Self { head: Head::of(definition), resources }
    }
}
