//! The service: functions as callers create, change, list, invoke and delete them.

mod account;
mod aliases;
mod authorise;
mod changes;
mod code;
mod concurrency;
mod configuration;
mod create;
mod delete;
mod draft;
mod event_config;
mod function_urls;
mod invoke;
mod list;
mod live;
mod load;
mod loading;
mod open;
mod permissions;
mod publish;
mod read;
mod request;
mod roles;
mod sampling;
mod stream;
mod table;
mod tags;
mod target;
#[cfg(test)]
mod tests;
mod upkeep;
mod url_index;

pub use account::AccountSettings;
pub use aliases::{AliasFound, AliasPage, AliasSettings};
pub use code::CodeUpdate;
pub use configuration::ConfigurationUpdate;
pub use create::{CodeSource, NewFunction};
pub use event_config::{Destinations, EventConfigFound, EventConfigPage, EventSettings, Replace};
pub use function_urls::{UrlFound, UrlPage, UrlSettings};
use invoke::Requested;
pub(crate) use invoke::{Event, Ran};
pub use invoke::{Invocation, InvocationType, InvokeFault, Invoked, MAX_ASYNC_EVENT, MAX_EVENT};
pub use list::{Listing, Page};
pub(crate) use live::Live;
pub use open::Deps;
pub use permissions::{NewPermission, PolicyFound};
pub use publish::Publishing;
pub use read::Found;
pub use roles::{AnyRole, RoleCheck};
pub use stream::{Piece, Streamed, Streaming};
pub use tinderbox_engine::{StartKind, ThrottleReason};

use crate::code::Downloads;
use crate::model::Limits;
use crate::names::{FunctionRef, Target};
use crate::queue::Queues;
use crate::run::Preparation;
use std::sync::Arc;
use table::Table;
use tinderbox_base::{Caller, Clock, Random, Result, Targets, config};
use tinderbox_engine::Engine;
use tinderbox_store::Store;
use url_index::UrlIndex;

/// The functions of every account and region.
///
/// The table in memory is what requests read; the store is what survives. A change is committed
/// first, then shown in the table, then the engine retires what ran before, and only then the caller
/// hears of it: so no request accepted after the reply runs old code.
pub struct Functions {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) queues: Queues,
    pub(crate) config: config::Functions,
    pub(crate) targets: Arc<Targets>,
    roles: Arc<dyn RoleCheck>,
    engine_config: config::Engine,
    table: Table,
    urls: UrlIndex,
    preparation: Preparation,
    downloads: Downloads,
    loading: loading::Loading,
}

impl Inner {
    fn limits(&self) -> Limits {
        Limits {
            max_timeout_s: self.config.max_timeout_s,
            scratch_mib: self.engine_config.scratch_mib,
            retired_runtimes: self.config.retired_runtimes,
        }
    }

    /// The function a caller means by `name`, whether or not it exists.
    fn target(&self, caller: &Caller, name: &str, qualifier: Option<&str>, action: &str) -> Result<Target> {
        FunctionRef::parse(name)?.resolve(caller, qualifier, action)
    }
}
