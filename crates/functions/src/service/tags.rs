//! TagResource, UntagResource, ListTags.

use super::Functions;
use super::draft::Draft;
use super::table::Namespace;
use crate::errors;
use crate::names::Target;
use std::collections::BTreeMap;
use tinderbox_base::{Caller, Result};

impl Functions {
    /// Gives tags to the function whose ARN is `resource`.
    pub async fn tag(&self, caller: &Caller, resource: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let target = self.tagged(caller, resource, "TagResource")?;
        let decide = move |_: &Namespace, draft: &mut Draft| {
            draft.function.tags = draft.function.tags.with(tags)?;
            Ok(())
        };
        self.inner.update(&target, None, decide).await.map(|_| ())
    }

    /// Takes the tags of `keys` from the function whose ARN is `resource`.
    pub async fn untag(&self, caller: &Caller, resource: &str, keys: Vec<String>) -> Result<()> {
        let target = self.tagged(caller, resource, "UntagResource")?;
        let decide = move |_: &Namespace, draft: &mut Draft| {
            draft.function.tags = draft.function.tags.without(&keys);
            Ok(())
        };
        self.inner.update(&target, None, decide).await.map(|_| ())
    }

    /// The tags of the function whose ARN is `resource`.
    pub fn tags(&self, caller: &Caller, resource: &str) -> Result<BTreeMap<String, String>> {
        let target = self.tagged(caller, resource, "ListTags")?;
        let live = self.inner.table.get(&target);
        let live = live.ok_or_else(|| errors::function_not_found(target.unqualified_arn()))?;
        Ok(live.function().tags.as_map().clone())
    }

    fn tagged(&self, caller: &Caller, resource: &str, action: &str) -> Result<Target> {
        let target = self.inner.target(caller, resource, None, action)?;
        match target.qualifier {
            None => Ok(target),
            Some(_) => Err(errors::invalid_parameter(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            )),
        }
    }
}
