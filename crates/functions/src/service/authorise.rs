//! Who may invoke: the account itself, and whom a resource policy allows.

use super::live::Live;
use crate::errors;
use crate::model::Access;
use crate::names::{Target, principal_arn};
use tinderbox_base::{Caller, Principal, Result};

/// The action of Invoke in policies.
pub(super) const INVOKE: &str = "InvokeFunction";

/// Refuses a caller of another account to whom no resource policy allows `action`, which reads `target`; such a caller does
/// not learn which functions there are.
pub(super) fn reading(caller: &Caller, target: &Target, live: Option<&Live>, action: &str) -> Result<()> {
    if caller.account == target.account {
        return Ok(());
    }
    let access = Access { caller, action: &format!("lambda:{action}"), function_url: None };
    let policy = live.and_then(|live| live.policy(target.qualifier.as_deref()));
    if policy.is_some_and(|policy| policy.allows(&access)) {
        return Ok(());
    }
    Err(errors::access_denied(principal_arn(caller), action, target.unqualified_arn()))
}

/// Refuses `caller` unless it may invoke what `target` names.
///
/// The account's own identities may: what their own policies say is judged at the front door. A service
/// and another account need a statement in the policy of exactly what is named: that of the function as
/// a whole holds for its unqualified name and, since `$LATEST` can have none of its own, for that.
pub(super) fn invocation(caller: &Caller, target: &Target, live: &Live) -> Result<()> {
    match &caller.principal {
        Principal::Root | Principal::User { .. } | Principal::AssumedRole { .. }
            if caller.account == target.account =>
        {
            Ok(())
        }
        Principal::Root | Principal::User { .. } | Principal::AssumedRole { .. } | Principal::Service(_) => {
            let action = format!("lambda:{INVOKE}");
            let access = Access { caller, action: &action, function_url: None };
            let policy = live.policy(target.qualifier.as_deref());
            if policy.is_some_and(|policy| policy.allows(&access)) {
                return Ok(());
            }
            Err(errors::access_denied(principal_arn(caller), INVOKE, target.arn()))
        }
    }
}
