//! A function as it is now, whole: its versions, aliases and policies.

use super::sampling::Sampler;
use crate::model::{Alias, EventConfig, Function, FunctionUrl, Policy, VersionName};
use crate::names::LATEST;
use std::collections::BTreeMap;
use std::sync::Arc;
use tinderbox_base::RequestId;
use tinderbox_engine::{Version, VersionId};
use tokio::sync::OnceCell;

/// One version of a function, the one being edited or a published one: what can run.
pub(crate) struct Edition {
    /// Its record.
    pub(crate) function: Arc<Function>,
    /// How it is called: `$LATEST` or its number.
    pub(crate) name: Arc<str>,
    /// Its name in the engine.
    pub(crate) id: VersionId,
    /// What the engine runs, made when it is first invoked.
    pub(crate) version: Arc<OnceCell<Arc<Version>>>,
    /// Which of its invocations are recorded, if it is traced.
    pub(crate) sampler: Arc<Sampler>,
}

impl Edition {
    /// A version whose code or configuration is new.
    pub(super) fn new(function: Function) -> Arc<Self> {
        let arn = if function.publication.is_some() { function.qualified_arn() } else { function.arn() };
        let id = VersionId::new(format!("{arn}@{}", function.generation));
        let name = function.version().to_string().into();
        let (version, sampler) = Default::default();
        Arc::new(Self { function: Arc::new(function), name, id, version, sampler })
    }

    /// The same code and configuration under a changed record.
    pub(super) fn with(&self, function: Function) -> Arc<Self> {
        let (name, id, version) = (self.name.clone(), self.id.clone(), self.version.clone());
        Arc::new(Self { function: Arc::new(function), name, id, version, sampler: self.sampler.clone() })
    }
}

/// What belongs to a function beside the version that is being edited. Copies share what did not change.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    /// The published versions by number.
    pub(crate) versions: Arc<BTreeMap<u64, Arc<Edition>>>,
    /// The aliases by name.
    pub(crate) aliases: Arc<BTreeMap<String, Arc<Alias>>>,
    /// The policies by the qualifier they protect; `$LATEST` for the function as a whole.
    pub(crate) policies: Arc<BTreeMap<String, Arc<Policy>>>,
    /// How events are handled, by qualifier as of policies.
    pub(crate) event_configs: Arc<BTreeMap<String, Arc<EventConfig>>>,
    /// The URLs by the qualifier they lead to; `$LATEST` for the function as a whole.
    pub(crate) urls: Arc<BTreeMap<String, Arc<FunctionUrl>>>,
}

/// A function as it is now.
pub(crate) struct Live {
    /// The version that is being edited.
    pub(crate) latest: Arc<Edition>,
    /// The version of the function's record in the store. Every change of the function or of a part of
    /// it writes that record, so that two changes at once exclude each other.
    pub(crate) stored: tinderbox_store::Version,
    /// Everything else.
    pub(crate) parts: Parts,
}

impl Live {
    /// The record of the version that is being edited.
    pub(crate) fn function(&self) -> &Arc<Function> {
        &self.latest.function
    }

    /// The version `name`.
    pub(crate) fn edition(&self, name: VersionName) -> Option<&Arc<Edition>> {
        match name {
            VersionName::Latest => Some(&self.latest),
            VersionName::Number(number) => self.parts.versions.get(&number),
        }
    }

    /// The alias that `qualifier` names.
    pub(crate) fn alias(&self, qualifier: &str) -> Option<&Arc<Alias>> {
        self.parts.aliases.get(qualifier)
    }

    /// The version behind a version's number or an alias; of an alias, that which it leads to, whatever
    /// its weights.
    pub(crate) fn behind(&self, qualifier: Option<&str>) -> Option<&Arc<Edition>> {
        let Some(qualifier) = qualifier else { return Some(&self.latest) };
        let name = qualifier.parse().ok().or_else(|| self.alias(qualifier).map(|alias| alias.version));
        self.edition(name?)
    }

    /// The version that serves `request`: an alias's weights decide.
    pub(crate) fn serving(&self, qualifier: Option<&str>, request: RequestId) -> Option<&Arc<Edition>> {
        let Some(qualifier) = qualifier else { return Some(&self.latest) };
        let name = qualifier.parse().ok().or_else(|| self.alias(qualifier).map(|alias| alias.pick(request)));
        self.edition(name?)
    }

    /// The policy that protects what `qualifier` names.
    pub(crate) fn policy(&self, qualifier: Option<&str>) -> Option<&Arc<Policy>> {
        self.parts.policies.get(qualifier.unwrap_or(LATEST))
    }

    /// How events for what `qualifier` names are handled, if that was set.
    pub(crate) fn event_config(&self, qualifier: Option<&str>) -> Option<&Arc<EventConfig>> {
        self.parts.event_configs.get(qualifier.unwrap_or(LATEST))
    }

    /// All versions, that being edited first, then the published ones in order.
    pub(crate) fn editions(&self) -> impl Iterator<Item = &Arc<Edition>> {
        std::iter::once(&self.latest).chain(self.parts.versions.values())
    }

    /// Bytes of the code of all versions.
    pub(super) fn code_size(&self) -> u64 {
        self.editions().map(|edition| edition.function.code.size).sum()
    }
}
