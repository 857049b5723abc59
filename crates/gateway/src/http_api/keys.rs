//! What the store holds of HTTP APIs, and under which keys.
//!
//! | key below `/v1/ACCOUNT/REGION/apigatewayv2` | value |
//! | --- | --- |
//! | `api/API` | [`Definition`](super::model::Definition): settings, routes, integrations, authorizers |
//! | `deployment/API/ID` | [`Deployment`](super::model::Deployment) |
//! | `stage/API/NAME` | [`Stage`](super::model::Stage) |
//!
//! An API is one value: 300 routes and as many integrations, the service's quotas, are well below the store's limit.

pub(super) use crate::commit::{decode, encode};

use tinderbox_base::{AccountId, Region};
use tinderbox_store::{Key, KeyBuilder};

/// The service's name in keys.
pub(super) const SERVICE: &str = "apigatewayv2";

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
        self.kind("api").text(id).build()
    }

    pub(super) fn deployment(&self, api: &str, id: &str) -> Key {
        self.kind("deployment").text(api).text(id).build()
    }

    pub(super) fn stage(&self, api: &str, name: &str) -> Key {
        self.kind("stage").text(api).text(name).build()
    }
}
