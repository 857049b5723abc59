//! GetAccountSettings.

use super::Functions;
use super::concurrency::reserved;
use crate::package::{MAX_UNZIPPED, MAX_ZIPPED};
use tinderbox_base::Caller;

/// The limits of an account in a region, and what of them is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSettings {
    /// Bytes of code that all functions may have.
    pub total_code_size: u64,
    /// Bytes of one function's files.
    pub code_size_unzipped: u64,
    /// Bytes of one package sent in a request.
    pub code_size_zipped: u64,
    /// Invocations running at once.
    pub concurrent_executions: u64,
    /// Of these, what no function has reserved.
    pub unreserved_concurrent_executions: u64,
    /// Bytes of code that all functions have.
    pub used_code_size: u64,
    /// Functions.
    pub function_count: u64,
}

impl Functions {
    /// The limits of the caller's account, and what of them is used.
    pub fn account_settings(&self, caller: &Caller) -> AccountSettings {
        let namespace = self.inner.table.find(&caller.account, &caller.region).unwrap_or_default();
        let total = u64::from(self.inner.engine_config.account_concurrency);
        AccountSettings {
            total_code_size: self.inner.code_limit(),
            code_size_unzipped: MAX_UNZIPPED,
            code_size_zipped: MAX_ZIPPED as u64,
            concurrent_executions: total,
            unreserved_concurrent_executions: total.saturating_sub(reserved(&namespace)),
            used_code_size: namespace.code_size(),
            function_count: namespace.sum(|_| 1),
        }
    }
}
