//! Reserved concurrency.

use super::draft::Draft;
use super::table::Namespace;
use super::{Functions, changes};
use crate::errors;
use tinderbox_base::{Caller, Result};

impl Functions {
    /// Reserves `n` of the account's concurrency for a function; zero stops it.
    pub async fn put_concurrency(&self, caller: &Caller, name: &str, n: i64) -> Result<u32> {
        let target = self.inner.target(caller, name, None, "PutFunctionConcurrency")?;
        changes::unqualified(&target)?;
        if self.inner.table.get(&target).is_none() {
            return Err(errors::function_not_found(target.qualified_arn()));
        }
        let n = u32::try_from(n).map_err(|_| {
            let rule = "Member must have value greater than or equal to 0";
            errors::validation(n, "reservedConcurrentExecutions", rule)
        })?;
        let config = &self.inner.engine_config;
        let (total, least) = (config.account_concurrency, config.min_unreserved_concurrency);
        let decide = move |namespace: &Namespace, draft: &mut Draft| {
            let others = reserved(namespace) - u64::from(draft.function.reserved_concurrency.unwrap_or(0));
            if others + u64::from(n) + u64::from(least) > u64::from(total) {
                return Err(errors::invalid_parameter(format!(
                    "Specified ReservedConcurrentExecutions for function decreases account's \
                     UnreservedConcurrentExecution below its minimum value of [{least}]."
                )));
            }
            draft.function.reserved_concurrency = Some(n);
            Ok(())
        };
        self.inner.update(&target, None, decide).await.map(|_| n)
    }

    /// Gives a function's reserved concurrency back to the account.
    pub async fn delete_concurrency(&self, caller: &Caller, name: &str) -> Result<()> {
        let target = self.inner.target(caller, name, None, "DeleteFunctionConcurrency")?;
        changes::unqualified(&target)?;
        let decide = |_: &Namespace, draft: &mut Draft| {
            draft.function.reserved_concurrency = None;
            Ok(())
        };
        self.inner.update(&target, None, decide).await.map(|_| ())
    }

    /// What is reserved for a function, if anything is.
    pub fn concurrency(&self, caller: &Caller, name: &str) -> Result<Option<u32>> {
        let target = self.inner.target(caller, name, None, "GetFunctionConcurrency")?;
        changes::unqualified(&target)?;
        let live = self.inner.table.get(&target);
        let live = live.ok_or_else(|| errors::function_not_found(target.unqualified_arn()))?;
        Ok(live.function().reserved_concurrency)
    }
}

/// What all functions have reserved together.
pub(super) fn reserved(namespace: &Namespace) -> u64 {
    namespace.sum(|f| f.reserved_concurrency.unwrap_or(0).into())
}
