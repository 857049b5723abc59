//! GetFunction and GetFunctionConfiguration.

use super::Functions;
use crate::errors;
use crate::model::Function;
use crate::names::{LATEST, Target};
use std::sync::Arc;
use tinderbox_base::{Arn, Caller, Result};

/// A function that was asked for.
#[derive(Clone, Debug)]
pub struct Found {
    /// The function.
    pub function: Arc<Function>,
    /// Its ARN, with the qualifier if one was given.
    pub arn: Arn,
}

impl Functions {
    /// The function that `name` and `qualifier` name.
    pub fn get(&self, caller: &Caller, name: &str, qualifier: Option<&str>, action: &str) -> Result<Found> {
        let target = self.inner.target(caller, name, qualifier, action)?;
        let function = self.find(&target)?;
        Ok(Found { function, arn: target.arn() })
    }

    /// The function of `target`, whose only version is the one being edited.
    fn find(&self, target: &Target) -> Result<Arc<Function>> {
        let live = self.inner.table.get(target).filter(|_| is_latest(target));
        live.map(|live| live.function.clone()).ok_or_else(|| errors::function_not_found(target.arn()))
    }
}

/// Whether `target` asks for the version being edited: there is no other yet.
pub(super) fn is_latest(target: &Target) -> bool {
    target.qualifier.as_deref().is_none_or(|q| q == LATEST)
}
