//! PublishVersion and ListVersionsByFunction.

use super::create::room_for;
use super::draft::Draft;
use super::list::{Page, marker, page_size};
use super::table::Namespace;
use super::{Functions, changes};
use crate::errors;
use crate::model::Function;
use std::ops::Bound;
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// What a caller sends to publish a version.
#[derive(Clone, Debug, Default)]
pub struct Publishing {
    /// The function's name or ARN.
    pub name: String,
    /// The hash, in base64, that the code must have.
    pub code_sha256: Option<String>,
    /// The version's description; the function's own if none is given.
    pub description: Option<String>,
    /// The revision that must be the current one.
    pub revision_id: Option<String>,
}

impl Functions {
    /// Publishes the code and configuration that are being edited as a version that never changes. If
    /// nothing changed since the last version, that one is told and nothing happens.
    pub async fn publish(&self, caller: &Caller, publishing: Publishing) -> Result<Arc<Function>> {
        let inner = &self.inner;
        let target = inner.target(caller, &publishing.name, None, "PublishVersion")?;
        changes::latest(&target)?;
        let (limit, changer) = (inner.code_limit(), inner.clone());
        let Publishing { code_sha256, description, revision_id, .. } = publishing;
        let decide = move |namespace: &Namespace, draft: &mut Draft| {
            let current = draft.function.code.sha256_base64();
            if let Some(sha) = code_sha256.filter(|sha| *sha != current) {
                return Err(errors::invalid_parameter(format!(
                    "CodeSHA256 ({sha}) is different from current CodeSHA256 in $LATEST ({current}). \
                     Please try again with the CodeSHA256 in $LATEST."
                )));
            }
            let version = draft.publish(description, &*changer.random)?;
            if !draft.published.is_empty() {
                room_for(namespace, limit, version.code.size, 0)?;
            }
            Ok(version)
        };
        inner.update(&target, revision_id, decide).await.map(|(_, version)| version)
    }

    /// The versions of a function: that which is being edited, then the published ones in order.
    pub fn list_versions(
        &self,
        caller: &Caller,
        name: &str,
        from: Option<&str>,
        max_items: Option<i64>,
    ) -> Result<Page> {
        let target = self.inner.target(caller, name, None, "ListVersionsByFunction")?;
        let missing = || errors::function_not_found(target.unqualified_arn());
        let live = self.inner.table.get(&target).ok_or_else(missing)?;
        let after: Option<u64> = from.filter(|m| !m.is_empty()).map(marker::number).transpose()?;
        let limit = page_size(max_items);
        let published =
            live.parts.versions.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        let first = after.is_none().then_some(&live.latest);
        let all = first.into_iter().chain(published.map(|(_, edition)| edition));
        // One more than is shown tells whether there is another page.
        let mut functions: Vec<_> = all.take(limit + 1).map(|edition| edition.function.clone()).collect();
        let more = functions.len() > limit;
        functions.truncate(limit);
        let last = functions.last().filter(|_| more).map(|f| f.publication.as_ref().map_or(0, |p| p.number));
        Ok(Page { functions, next: last.map(|number| marker::of(&number.to_string())) })
    }
}
