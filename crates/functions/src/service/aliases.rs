//! CreateAlias, GetAlias, UpdateAlias, DeleteAlias, ListAliases.

use super::draft::Draft;
use super::list::{marker, page_size};
use super::table::Namespace;
use super::{Functions, changes};
use crate::errors;
use crate::model::{Additional, Alias, Generation, VersionName};
use crate::names::Target;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use tinderbox_base::{Arn, Caller, Result};

/// What a caller sends to create or change an alias.
#[derive(Clone, Debug, Default)]
pub struct AliasSettings {
    /// The function's name or ARN.
    pub function: String,
    /// The alias's name.
    pub name: String,
    /// The version it leads to.
    pub version: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The weights of additional versions; an empty map takes them away.
    pub weights: Option<BTreeMap<String, f64>>,
    /// The revision of the alias that must be the current one.
    pub revision_id: Option<String>,
}

/// An alias that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasFound {
    /// The alias.
    pub alias: Arc<Alias>,
    /// Its ARN.
    pub arn: Arn,
}

/// Some aliases, in the order of their names.
#[derive(Clone, Debug)]
pub struct AliasPage {
    /// The aliases.
    pub aliases: Vec<AliasFound>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Functions {
    /// Creates an alias. When this returns, it can be invoked.
    pub async fn create_alias(&self, caller: &Caller, new: AliasSettings) -> Result<AliasFound> {
        let target = self.of_alias(caller, &new.function, &new.name, "CreateAlias")?;
        let (aliased, random) = (target.clone(), self.inner.random.clone());
        // AWS looks for the version first: a missing function is told as a missing version.
        if self.inner.table.get(&target).is_none() {
            let wanted = new.version.clone();
            return Err(errors::function_not_found(Target { qualifier: wanted, ..target }.qualified_arn()));
        }
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let version = version(draft, &aliased, new.version.as_deref().unwrap_or_default())?;
            if draft.parts.aliases.contains_key(&new.name) {
                return Err(errors::conflict(format!("Alias already exists: {}", aliased.arn())));
            }
            let additional = additional(draft, &aliased, version, new.weights.unwrap_or_default())?;
            draft.set_alias(Alias {
                name: new.name,
                version,
                description: new.description.unwrap_or_default(),
                additional,
                revision: Generation::new(&*random),
            })
        };
        let (_, alias) = self.inner.update(&target, None, decide).await?;
        Ok(AliasFound { alias, arn: target.arn() })
    }

    /// Changes an alias. When this returns, no request that comes is led by what it was.
    pub async fn update_alias(&self, caller: &Caller, change: AliasSettings) -> Result<AliasFound> {
        let target = self.of_alias(caller, &change.function, &change.name, "UpdateAlias")?;
        let (aliased, random) = (target.clone(), self.inner.random.clone());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let Some(old) = draft.parts.aliases.get(&change.name).cloned() else {
                return Err(errors::not_found(format!("Alias not found: {}", aliased.arn())));
            };
            if change.revision_id.is_some_and(|r| r != old.revision.to_string()) {
                return Err(errors::stale_revision());
            }
            let version = match change.version {
                Some(text) => self::version(draft, &aliased, &text)?,
                None => old.version,
            };
            let weights = change.weights.unwrap_or_else(|| weights(&old));
            draft.set_alias(Alias {
                name: change.name,
                version,
                description: change.description.unwrap_or_else(|| old.description.clone()),
                additional: additional(draft, &aliased, version, weights)?,
                revision: Generation::new(&*random),
            })
        };
        let (_, alias) = self.inner.update(&target, None, decide).await?;
        Ok(AliasFound { alias, arn: target.arn() })
    }

    /// Deletes an alias; one that does not exist is no error, as AWS has it.
    pub async fn delete_alias(&self, caller: &Caller, function: &str, name: &str) -> Result<()> {
        let target = self.of_alias(caller, function, name, "DeleteAlias")?;
        let name = name.to_owned();
        let decide = move |_: &Namespace, draft: &mut Draft| {
            draft.delete_alias(&name);
            Ok(())
        };
        self.inner.update(&target, None, decide).await.map(|_| ())
    }

    /// The alias `name` of a function.
    pub fn alias(&self, caller: &Caller, function: &str, name: &str) -> Result<AliasFound> {
        let target = self.of_alias(caller, function, name, "GetAlias")?;
        let live = self.inner.table.get(&target);
        let live = live.ok_or_else(|| errors::function_not_found(target.unqualified_arn()))?;
        let alias = live.alias(name).ok_or_else(|| errors::alias_not_found(target.arn()))?;
        Ok(AliasFound { alias: alias.clone(), arn: target.arn() })
    }

    /// The aliases of a function, or those of them that lead to `version`.
    pub fn list_aliases(
        &self,
        caller: &Caller,
        function: &str,
        version: Option<&str>,
        from: Option<&str>,
        max_items: Option<i64>,
    ) -> Result<AliasPage> {
        let target = self.inner.target(caller, function, None, "ListAliases")?;
        changes::latest(&target)?;
        let live = self.inner.table.get(&target);
        let live = live.ok_or_else(|| errors::function_not_found(target.unqualified_arn()))?;
        let after = from.filter(|m| !m.is_empty()).map(marker::text).transpose()?;
        let limit = page_size(max_items);
        let start = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let rest = live.parts.aliases.range::<str, _>((start, Bound::Unbounded)).map(|(_, alias)| alias);
        let wanted = rest.filter(|alias| version.is_none_or(|v| alias.version.to_string() == v));
        // One more than is shown tells whether there is another page.
        let mut aliases: Vec<AliasFound> = wanted
            .take(limit + 1)
            .map(|alias| {
                let arn = Target { qualifier: Some(alias.name.clone()), ..target.clone() }.arn();
                AliasFound { alias: alias.clone(), arn }
            })
            .collect();
        let more = aliases.len() > limit;
        aliases.truncate(limit);
        let next = aliases.last().filter(|_| more).map(|found| marker::of(&found.alias.name));
        Ok(AliasPage { aliases, next })
    }

    /// The alias `name` of `function` as a target, whether or not it exists.
    fn of_alias(&self, caller: &Caller, function: &str, name: &str, action: &str) -> Result<Target> {
        let target = self.inner.target(caller, function, None, action)?;
        changes::latest(&target)?;
        if !crate::names::is_alias(name) {
            let rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
            return Err(errors::validation(name, "name", rule));
        }
        if name.len() > crate::model::MAX_ALIAS_NAME {
            return Err(errors::validation(
                name,
                "name",
                "Member must have length less than or equal to 128",
            ));
        }
        Ok(Target { qualifier: Some(name.to_owned()), ..target })
    }
}

/// The version that `text` names, which must exist.
fn version(draft: &Draft, target: &Target, text: &str) -> Result<VersionName> {
    if text == "$LATEST.PUBLISHED" {
        return Err(errors::not_yet("FunctionVersion $LATEST.PUBLISHED"));
    }
    let name = text.parse().ok().filter(|name| match name {
        VersionName::Latest => true,
        VersionName::Number(number) => draft.parts.versions.contains_key(number),
    });
    let arn = || Target { qualifier: Some(text.to_owned()), ..target.clone() }.qualified_arn();
    name.ok_or_else(|| errors::function_not_found(arn()))
}

/// The weights as a caller sends them.
fn weights(alias: &Alias) -> BTreeMap<String, f64> {
    alias.additional.iter().map(|a| (a.version.to_string(), a.weight)).collect()
}

/// The additional version that `weights` demand beside `version`.
///
/// The order of the checks and the texts are AWS's, whose own checks of the model come before.
fn additional(
    draft: &Draft,
    target: &Target,
    version: VersionName,
    weights: BTreeMap<String, f64>,
) -> Result<Option<Additional>> {
    if weights.len() > 1 {
        return Err(errors::invalid_parameter(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    let Some((text, weight)) = weights.into_iter().next() else { return Ok(None) };
    let violated = |what: &str| {
        let value = format!("{{{text}={weight:?}}}");
        errors::validation(value, "routingConfig.additionalVersionWeights", what)
    };
    if !(0.0..=1.0).contains(&weight) {
        return Err(violated(
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must \
             have value greater than or equal to 0.0, Member must not be null]",
        ));
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) || text.is_empty() {
        return Err(violated(
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must \
             have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
        ));
    }
    if version == VersionName::Latest {
        return Err(errors::invalid_parameter(
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ));
    }
    match self::version(draft, target, &text)? {
        same if same == version => Err(errors::invalid_parameter(format!(
            "Invalid function version {version}. Function version {version} is already included in routing \
             configuration."
        ))),
        VersionName::Number(version) => Ok(Some(Additional { version, weight })),
        VersionName::Latest => Ok(None),
    }
}
