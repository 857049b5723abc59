//! CreateFunction.

use super::changes::Before;
use super::draft::Draft;
use super::table::Namespace;
use super::{Functions, Inner};
use crate::code::CodeDir;
use crate::errors;
use crate::model::{Code, Configuration, Function, Generation, Settings, Tags, Uid};
use crate::names::Target;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// Where the code of a function comes from.
#[derive(Clone, Debug, Default)]
pub enum CodeSource {
    /// Nowhere: none was given.
    #[default]
    None,
    /// A zip in the request.
    Zip(Bytes),
    /// An object in S3.
    S3,
    /// A container image.
    Image,
    /// More than one of them.
    Ambiguous,
}

/// What a caller sends to create a function.
#[derive(Clone, Debug, Default)]
pub struct NewFunction {
    /// Its name, or an ARN that ends with it.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// Its code.
    pub code: CodeSource,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether to publish a version of it at once.
    pub publish: bool,
}

impl Functions {
    /// Creates a function; what is told is its published version, if one was to be published. When this
    /// returns it can be invoked.
    pub async fn create(&self, caller: &Caller, new: NewFunction) -> Result<Arc<Function>> {
        let inner = &self.inner;
        let mut target = inner.target(caller, &new.name, None, "CreateFunction")?;
        // AWS takes a name with a qualifier here and looks at the name alone.
        target.qualifier = None;
        let name = target.name.parse()?;
        if inner.table.get(&target).is_some() {
            return Err(exists(&target));
        }
        let tags = Tags::new(new.tags)?;
        // An image has no runtime and no handler, which are asked for next.
        if matches!(new.code, CodeSource::Image) {
            package(CodeSource::Image)?;
        }
        let configuration = Configuration::new(new.settings, &inner.limits())?;
        inner.check_role(&target, &configuration.role).await?;
        let (code, directory) = inner.take_in(new.code).await?;
        let now = inner.clock.now();
        let function = Function {
            account: target.account.clone(),
            region: target.region.clone(),
            name,
            uid: Uid::new(&*inner.random),
            generation: Generation::new(&*inner.random),
            created: now,
            last_modified: now,
            code,
            configuration,
            tags,
            reserved_concurrency: None,
            revision: None,
            last_number: 0,
            publication: None,
        };
        let (limit, changer) = (inner.code_limit(), inner.clone());
        let refusal = exists(&target);
        let decide = move |namespace: &Namespace, before: Before<'_>| {
            let Before::Nothing { last_number } = before else { return Err(refusal) };
            let copies = if new.publish { 2 } else { 1 };
            room_for(namespace, limit, function.code.size * copies, 0)?;
            let mut draft = Draft::new(Function { last_number, ..function });
            let version = if new.publish { Some(draft.publish(None, &*changer.random)?) } else { None };
            Ok((Some(draft), version))
        };
        let (live, version) = inner.change(&target, decide).await?;
        drop(directory);
        let live = live.ok_or_else(|| errors::function_not_found(target.unqualified_arn()))?;
        inner.warm_up(&live.latest);
        Ok(version.unwrap_or_else(|| live.function().clone()))
    }
}

impl Inner {
    /// Takes in the code that a caller sent. The directory is kept at least as long as the handle.
    pub(super) async fn take_in(&self, source: CodeSource) -> Result<(Code, Arc<CodeDir>)> {
        self.preparation.code.add(package(source)?).await
    }

    /// Bytes that the code of all functions of an account and region may take.
    pub(super) fn code_limit(&self) -> u64 {
        self.config.code_storage_mib.saturating_mul(1024 * 1024)
    }
}

/// The zip in the request, or why there is none that can be used.
pub(super) fn package(source: CodeSource) -> Result<Bytes> {
    match source {
        CodeSource::Zip(zip) => Ok(zip),
        CodeSource::None => Err(errors::invalid_parameter("Please provide a source for function code.")),
        CodeSource::S3 => Err(errors::not_yet("Code in S3")),
        CodeSource::Image => Err(errors::not_yet("PackageType Image")),
        CodeSource::Ambiguous => Err(errors::invalid_parameter(
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        )),
    }
}

/// Refuses code that the account has no room for, `new` bytes in place of `old`.
pub(super) fn room_for(namespace: &Namespace, limit: u64, new: u64, old: u64) -> Result<()> {
    let used = namespace.code_size().saturating_sub(old);
    if used.saturating_add(new) > limit { Err(errors::code_storage_exceeded()) } else { Ok(()) }
}

fn exists(target: &Target) -> tinderbox_base::Error {
    errors::conflict(format!("Function already exist: {}", target.name))
}
