//! UpdateFunctionCode, and links to a function's package.

use super::create::{package, room_for};
use super::draft::Draft;
use super::table::Namespace;
use super::{CodeSource, Functions, changes};
use crate::errors;
use crate::model::{Function, Settings};
use bytes::Bytes;
use std::sync::Arc;
use tinderbox_base::{Caller, Result};
use tinderbox_blobs::Digest;

/// What a caller sends to change a function's code.
#[derive(Clone, Debug, Default)]
pub struct CodeUpdate {
    /// The function's name or ARN.
    pub name: String,
    /// Its code.
    pub code: CodeSource,
    /// The architecture it is for.
    pub architectures: Option<Vec<String>>,
    /// The revision that must be the current one.
    pub revision_id: Option<String>,
    /// Whether only to check the request.
    pub dry_run: bool,
    /// Whether to publish a version at once.
    pub publish: bool,
}

impl Functions {
    /// Changes a function's code; what is told is the version, if one was to be published. When this returns, no request that comes runs the old code.
    pub async fn update_code(&self, caller: &Caller, update: CodeUpdate) -> Result<Arc<Function>> {
        let inner = &self.inner;
        let target = inner.target(caller, &update.name, None, "UpdateFunctionCode")?;
        changes::latest(&target)?;
        let missing = || errors::function_not_found(target.unqualified_arn());
        let current = inner.table.get(&target).ok_or_else(missing)?;
        if matches!(update.code, CodeSource::Image) {
            return Err(errors::invalid_parameter(
                "Please don't provide ImageUri when updating a function with packageType Zip.",
            ));
        }
        if update.revision_id.as_ref().is_some_and(|r| *r != current.function().revision_id()) {
            return Err(errors::stale_revision());
        }
        let limits = inner.limits();
        let settings = Settings { architectures: update.architectures, ..Settings::default() };
        if update.dry_run {
            let mut shown = (**current.function()).clone();
            shown.configuration = shown.configuration.with(settings, &limits)?;
            shown.code = inner.preparation.code.check(package(update.code)?).await?;
            return Ok(Arc::new(shown));
        }
        let (code, directory) = inner.take_in(update.code).await?;
        let (limit, changer) = (inner.code_limit(), inner.clone());
        let decide = move |namespace: &Namespace, draft: &mut Draft| {
            let function = &mut draft.function;
            let copies = if update.publish { 2 } else { 1 };
            room_for(namespace, limit, code.size * copies, function.code.size)?;
            function.code = code;
            function.configuration = function.configuration.clone().with(settings, &limits)?;
            changer.changed(function);
            if update.publish { draft.publish(None, &*changer.random).map(Some) } else { Ok(None) }
        };
        let (live, version) = inner.update(&target, update.revision_id, decide).await?;
        drop(directory);
        inner.warm_up(&live.latest);
        Ok(version.unwrap_or_else(|| live.function().clone()))
    }

    /// A token with which [`Self::code_download`] gives the package of `function` for ten minutes.
    pub fn code_token(&self, function: &Function) -> String {
        self.inner.downloads.token(&*self.inner.clock, &function.code.sha256)
    }

    /// The package that `token` opens, a zip; none if it opens nothing, or no longer.
    ///
    /// # Errors
    /// When the package cannot be read.
    pub async fn code_download(&self, token: &str) -> Result<Option<Bytes>> {
        match self.inner.downloads.check(&*self.inner.clock, token) {
            Ok(digest) => self.inner.preparation.code.zip(&digest).await,
            Err(_) => Ok(None),
        }
    }

    /// Whether a function names the blob `digest`: what a sweep of the blobs must keep.
    pub fn names_blob(&self, digest: &Digest) -> bool {
        self.inner.preparation.code.is_named(digest)
    }
}
