//! DeleteFunction.

use super::Functions;
use super::changes::Before;
use super::draft::Draft;
use super::live::Live;
use super::table::Namespace;
use crate::errors;
use crate::model::VersionName;
use tinderbox_base::{Caller, Result};

impl Functions {
    /// Deletes a published version, or, without a qualifier, a function with everything that belongs to
    /// it: its versions, aliases and permissions, its waiting events, its instances. When this returns,
    /// no request that comes finds it.
    pub async fn delete(&self, caller: &Caller, name: &str, qualifier: Option<&str>) -> Result<()> {
        let target = self.inner.target(caller, name, qualifier, "DeleteFunction")?;
        let number = match target.qualifier.as_deref().map(str::parse) {
            None => None,
            Some(Ok(VersionName::Latest)) => {
                return Err(errors::invalid_parameter(
                    "$LATEST version cannot be deleted without deleting the function.",
                ));
            }
            Some(Ok(VersionName::Number(number))) => Some(number),
            Some(Err(_)) => {
                return Err(errors::invalid_parameter("Deletion of aliases is not currently supported."));
            }
        };
        let arn = target.unqualified_arn();
        let decide = move |_: &Namespace, before: Before<'_>| match (before, number) {
            (Before::Nothing { .. }, _) => Err(errors::function_not_found(arn)),
            (Before::Function(_), None) => Ok((None, ())),
            (Before::Function(live), Some(number)) => without(live, number).map(|draft| (Some(draft), ())),
        };
        self.inner.change(&target, decide).await.map(|_| ())
    }

    /// Waits until no instance can write a line any more. To be called once every function is deleted: until then, and
    /// while an invocation of a deleted one runs on, it does not return.
    pub async fn silent(&self) {
        self.inner.preparation.writers.none().await;
    }
}

/// `live` without a version. One that does not exist is no error, as AWS has it.
fn without(live: &Live, number: u64) -> Result<Draft> {
    let aliases = live.parts.aliases.values().filter(|alias| alias.leads_to(number));
    let names: Vec<&str> = aliases.map(|alias| alias.name.as_str()).collect();
    if !names.is_empty() {
        return Err(errors::conflict(format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            names.join(", ")
        )));
    }
    let mut draft = Draft::of(live);
    draft.delete_version(number);
    Ok(draft)
}
