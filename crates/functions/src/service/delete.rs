//! DeleteFunction.

use super::Functions;
use super::table::Namespace;
use crate::errors;
use crate::model::Function;
use crate::names::LATEST;
use tinderbox_base::{Caller, Result};

impl Functions {
    /// Deletes a function with everything that belongs to it: its waiting events are dropped, its
    /// instances end. When this returns, no request that comes finds it.
    pub async fn delete(&self, caller: &Caller, name: &str, qualifier: Option<&str>) -> Result<()> {
        let target = self.inner.target(caller, name, qualifier, "DeleteFunction")?;
        match target.qualifier.as_deref() {
            None => {}
            Some(LATEST) => {
                return Err(errors::invalid_parameter(
                    "$LATEST version cannot be deleted without deleting the function.",
                ));
            }
            Some(version) if version.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(errors::function_not_found(target.unqualified_arn()));
            }
            Some(_) => {
                return Err(errors::invalid_parameter("Deletion of aliases is not currently supported."));
            }
        }
        let arn = target.unqualified_arn();
        let decide = move |_: &Namespace, old: Option<&Function>| match old {
            Some(_) => Ok(None),
            None => Err(errors::function_not_found(arn)),
        };
        self.inner.change(&target, decide).await.map(|_| ())
    }

    /// Waits until no instance can write a line any more. To be called once every function is deleted: until then, and
    /// while an invocation of a deleted one runs on, it does not return.
    pub async fn silent(&self) {
        self.inner.preparation.writers.none().await;
    }
}
