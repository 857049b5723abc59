//! A change of a function in the making: what it shall be, and what has to be written for it.

use super::live::{Edition, Live, Parts};
use crate::errors;
use crate::keys::Part;
use crate::model::{Alias, EventConfig, Function, FunctionUrl, Generation, Policy, Publication, VersionName};
use crate::names::LATEST;
use serde::Serialize;
use std::sync::Arc;
use tinderbox_base::{Error, Random, Result};
use tinderbox_store::Op;

/// A function as it shall be.
pub(crate) struct Draft {
    /// The version that is being edited.
    pub(crate) function: Function,
    /// Everything else.
    pub(super) parts: Parts,
    /// What is written besides the function's record.
    pub(super) ops: Vec<Op>,
    /// Versions that were published.
    pub(super) published: Vec<Arc<Edition>>,
    /// Versions that were deleted.
    pub(super) removed: Vec<Arc<Edition>>,
}

impl Draft {
    /// A function that is new.
    pub(super) fn new(function: Function) -> Self {
        Self { function, parts: Parts::default(), ops: vec![], published: vec![], removed: vec![] }
    }

    /// A change of `live`.
    pub(super) fn of(live: &Live) -> Self {
        Self { parts: live.parts.clone(), ..Self::new((**live.function()).clone()) }
    }

    /// Publishes what is being edited, unless the last version is just that; the version, in either case.
    pub(super) fn publish(
        &mut self,
        description: Option<String>,
        random: &dyn Random,
    ) -> Result<Arc<Function>> {
        if let Some(last) = self.parts.versions.get(&self.function.last_number)
            && self.function.is_published_as(&last.function)
        {
            return Ok(last.function.clone());
        }
        let number = self.function.last_number + 1;
        self.function.last_number = number;
        self.function.revision = Some(Generation::new(random));
        let mut version = self.function.clone();
        let edited = version.configuration.description.clone();
        version.configuration.description = description.unwrap_or_else(|| edited.clone());
        version.generation = Generation::new(random);
        version.revision = None;
        version.publication = Some(Publication { number, description: edited });
        // These are the function's, whatever its version.
        version.tags = crate::model::Tags::default();
        version.reserved_concurrency = None;
        self.put(Part::Version, &number.to_string(), &version)?;
        let edition = Edition::new(version);
        Arc::make_mut(&mut self.parts.versions).insert(number, edition.clone());
        self.published.push(edition.clone());
        Ok(edition.function.clone())
    }

    /// Deletes a published version with its policy; nothing happens if there is none.
    pub(super) fn delete_version(&mut self, number: u64) {
        if let Some(edition) = Arc::make_mut(&mut self.parts.versions).remove(&number) {
            self.delete(Part::Version, &number.to_string());
            self.removed.push(edition);
            self.forget(&number.to_string());
        }
    }

    /// Makes or changes an alias.
    pub(super) fn set_alias(&mut self, alias: Alias) -> Result<Arc<Alias>> {
        self.put(Part::Alias, &alias.name.clone(), &alias)?;
        let alias = Arc::new(alias);
        Arc::make_mut(&mut self.parts.aliases).insert(alias.name.clone(), alias.clone());
        Ok(alias)
    }

    /// Deletes an alias with its policy; nothing happens if there is none.
    pub(super) fn delete_alias(&mut self, name: &str) {
        if Arc::make_mut(&mut self.parts.aliases).remove(name).is_some() {
            self.delete(Part::Alias, name);
            self.forget(name);
        }
    }

    /// Gives `qualifier` a policy; one without statements is none.
    pub(super) fn set_policy(&mut self, qualifier: &str, policy: Policy) -> Result<()> {
        if policy.statements.is_empty() {
            self.delete(Part::Policy, qualifier);
            Arc::make_mut(&mut self.parts.policies).remove(qualifier);
        } else {
            self.put(Part::Policy, qualifier, &policy)?;
            Arc::make_mut(&mut self.parts.policies).insert(qualifier.to_owned(), Arc::new(policy));
        }
        Ok(())
    }

    /// Sets how events for what `qualifier` names are handled.
    pub(super) fn set_event_config(
        &mut self,
        qualifier: &str,
        config: EventConfig,
    ) -> Result<Arc<EventConfig>> {
        self.put(Part::EventConfig, qualifier, &config)?;
        let config = Arc::new(config);
        Arc::make_mut(&mut self.parts.event_configs).insert(qualifier.to_owned(), config.clone());
        Ok(config)
    }

    /// Takes back what [`Self::set_event_config`] set; false if nothing was.
    pub(super) fn delete_event_config(&mut self, qualifier: &str) -> bool {
        let had = Arc::make_mut(&mut self.parts.event_configs).remove(qualifier).is_some();
        if had {
            self.delete(Part::EventConfig, qualifier);
        }
        had
    }

    /// Gives `qualifier` an URL, or changes it.
    pub(super) fn set_url(&mut self, qualifier: &str, url: FunctionUrl) -> Result<Arc<FunctionUrl>> {
        self.put(Part::Url, qualifier, &url)?;
        let url = Arc::new(url);
        Arc::make_mut(&mut self.parts.urls).insert(qualifier.to_owned(), url.clone());
        Ok(url)
    }

    /// Deletes the URL of `qualifier`; whether there was one.
    pub(super) fn delete_url(&mut self, qualifier: &str) -> bool {
        let had = Arc::make_mut(&mut self.parts.urls).remove(qualifier).is_some();
        if had {
            self.delete(Part::Url, qualifier);
        }
        had
    }

    /// Gives what `qualifier` names a new RevisionId.
    pub(super) fn revise(&mut self, qualifier: &str, random: &dyn Random) -> Result<()> {
        let revision = Generation::new(random);
        match qualifier.parse() {
            Ok(VersionName::Latest) => self.function.revision = Some(revision),
            Ok(VersionName::Number(number)) => {
                let Some(edition) = self.parts.versions.get(&number).cloned() else { return Ok(()) };
                let function = Function { revision: Some(revision), ..(*edition.function).clone() };
                self.put(Part::Version, qualifier, &function)?;
                Arc::make_mut(&mut self.parts.versions).insert(number, edition.with(function));
            }
            Err(_) => {
                let Some(alias) = self.parts.aliases.get(qualifier) else { return Ok(()) };
                self.set_alias(Alias { revision, ..(**alias).clone() })?;
            }
        }
        Ok(())
    }

    /// The RevisionId of what `qualifier` names. What it names must exist.
    pub(super) fn revision_id(&self, qualifier: &str) -> Result<String> {
        let arn = || {
            let arn = self.function.arn();
            format!("{arn}:{qualifier}")
        };
        match qualifier.parse() {
            Ok(VersionName::Latest) => Ok(self.function.revision_id()),
            Ok(VersionName::Number(number)) => match self.parts.versions.get(&number) {
                Some(edition) => Ok(edition.function.revision_id()),
                None => Err(errors::function_not_found(arn())),
            },
            Err(_) => match self.parts.aliases.get(qualifier) {
                Some(alias) => Ok(alias.revision.to_string()),
                None if crate::names::is_alias(qualifier) => Err(errors::alias_not_found(arn())),
                None => Err(errors::function_not_found(arn())),
            },
        }
    }

    /// Whether there is nothing to write.
    pub(super) fn is_unchanged(&self, old: &Live) -> bool {
        self.ops.is_empty() && self.function == **old.function()
    }

    /// Drops what protects or configures a version or an alias that is gone.
    fn forget(&mut self, qualifier: &str) {
        debug_assert_ne!(qualifier, LATEST);
        if Arc::make_mut(&mut self.parts.policies).remove(qualifier).is_some() {
            self.delete(Part::Policy, qualifier);
        }
        self.delete_event_config(qualifier);
        self.delete_url(qualifier);
    }

    fn put(&mut self, part: Part, name: &str, value: &impl Serialize) -> Result<()> {
        let record = serde_json::to_vec(value).map_err(Error::internal)?;
        self.ops.push(Op::Put(part.key(&self.function, name), record.into()));
        Ok(())
    }

    fn delete(&mut self, part: Part, name: &str) {
        self.ops.push(Op::Delete(part.key(&self.function, name)));
    }
}
