//! GetFunction and GetFunctionConfiguration.

use super::{Functions, authorise};
use crate::errors;
use crate::model::Function;
use crate::names::FunctionRef;
use std::sync::Arc;
use tinderbox_base::{Arn, Caller, Result};

/// A function that was asked for.
#[derive(Clone, Debug)]
pub struct Found {
    /// The version that was asked for; of an alias, that which it leads to.
    pub function: Arc<Function>,
    /// Its ARN, with the qualifier if one was given.
    pub arn: Arn,
    /// What is reserved for the function as a whole.
    pub reserved_concurrency: Option<u32>,
    /// The function as a whole, whose tags are those of all versions.
    pub whole: Arc<Function>,
}

impl Functions {
    /// The function that `name` and `qualifier` name.
    pub fn get(&self, caller: &Caller, name: &str, qualifier: Option<&str>, action: &str) -> Result<Found> {
        let target = FunctionRef::parse(name)?.locate(caller, qualifier)?;
        let live = self.inner.table.get(&target);
        authorise::reading(caller, &target, live.as_deref(), action)?;
        let missing = || errors::function_not_found(target.arn());
        let live = live.ok_or_else(missing)?;
        let edition = live.behind(target.qualifier.as_deref()).ok_or_else(missing)?;
        let whole = live.function().clone();
        Ok(Found {
            function: edition.function.clone(),
            arn: target.arn(),
            reserved_concurrency: whole.reserved_concurrency,
            whole,
        })
    }
}
