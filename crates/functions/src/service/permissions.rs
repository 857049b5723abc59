//! AddPermission, RemovePermission, GetPolicy.

use super::Functions;
use super::draft::Draft;
use super::table::Namespace;
use crate::errors;
use crate::model::{MAX_POLICY, Policy, PolicyPrincipal, Statement};
use crate::names::{LATEST, Target};
use tinderbox_base::{Caller, Result};

/// Asked of who calls a function's URL.
pub(super) const URL_ACTION: &str = "lambda:InvokeFunctionUrl";

/// What a caller sends to permit somebody something.
#[derive(Clone, Debug, Default)]
pub struct NewPermission {
    /// The function's name or ARN.
    pub name: String,
    /// The version or alias.
    pub qualifier: Option<String>,
    /// The statement's name.
    pub sid: String,
    /// What is permitted.
    pub action: String,
    /// Who: a service, an account, an ARN or `*`.
    pub principal: String,
    /// See [`Statement::source_arn`].
    pub source_arn: Option<String>,
    /// See [`Statement::source_account`].
    pub source_account: Option<String>,
    /// See [`Statement::event_source_token`].
    pub event_source_token: Option<String>,
    /// See [`Statement::principal_org_id`].
    pub principal_org_id: Option<String>,
    /// See [`Statement::function_url_auth_type`].
    pub function_url_auth_type: Option<String>,
    /// See [`Statement::invoked_via_function_url`].
    pub invoked_via_function_url: Option<bool>,
    /// The revision of the function, version or alias that must be the current one.
    pub revision_id: Option<String>,
}

/// A policy that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFound {
    /// The policy as JSON.
    pub policy: String,
    /// The RevisionId of what it protects.
    pub revision_id: String,
}

impl Functions {
    /// Adds a statement to the policy of a function, version or alias; the statement as JSON. When this
    /// returns, it holds.
    pub async fn add_permission(&self, caller: &Caller, new: NewPermission) -> Result<String> {
        let inner = &self.inner;
        let target = inner.target(caller, &new.name, new.qualifier.as_deref(), "AddPermission")?;
        if target.qualifier.as_deref() == Some(LATEST) {
            return Err(errors::invalid_parameter(
                "We currently do not support adding policies for $LATEST.",
            ));
        }
        let (protected, random) = (target.clone(), inner.random.clone());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let qualifier = qualifier(&protected);
            let current = draft.revision_id(qualifier)?;
            if new.revision_id.as_ref().is_some_and(|r| *r != current) {
                return Err(errors::stale_policy_revision());
            }
            let mut policy = draft.parts.policies.get(qualifier).map(|p| (**p).clone()).unwrap_or_default();
            if policy.statements.iter().any(|s| s.sid == new.sid) {
                return Err(errors::conflict(format!(
                    "The statement id ({}) provided already exists. Please provide a new statement id, or \
                     remove the existing statement.",
                    new.sid
                )));
            }
            let statement = statement(new)?;
            let shown = statement.render(protected.arn());
            policy.statements.push(statement);
            check_size(&policy, &protected)?;
            draft.set_policy(qualifier, policy)?;
            draft.revise(qualifier, &*random)?;
            Ok(shown)
        };
        inner.update(&target, None, decide).await.map(|(_, shown)| shown)
    }

    /// Removes the statement `sid` from the policy of a function, version or alias.
    pub async fn remove_permission(
        &self,
        caller: &Caller,
        name: &str,
        qualifier: Option<&str>,
        sid: String,
        revision: Option<String>,
    ) -> Result<()> {
        let inner = &self.inner;
        let target = inner.target(caller, name, qualifier, "RemovePermission")?;
        if inner.table.get(&target).is_none() {
            return Err(errors::not_found(format!("No policy found for: {}", target.unqualified_arn())));
        }
        let (protected, random) = (target.clone(), inner.random.clone());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let qualifier = self::qualifier(&protected);
            let current = draft.revision_id(qualifier)?;
            let Some(policy) = draft.parts.policies.get(qualifier) else {
                return Err(errors::not_found("No policy is associated with the given resource."));
            };
            let mut policy = (**policy).clone();
            let Some(place) = policy.statements.iter().position(|s| s.sid == sid) else {
                return Err(errors::not_found(format!("Statement {sid} is not found in resource policy.")));
            };
            if revision.is_some_and(|r| r != current) {
                return Err(errors::stale_revision());
            }
            policy.statements.remove(place);
            draft.set_policy(qualifier, policy)?;
            draft.revise(qualifier, &*random)
        };
        inner.update(&target, None, decide).await.map(|_| ())
    }

    /// The policy of a function, version or alias.
    pub fn policy(&self, caller: &Caller, name: &str, qualifier: Option<&str>) -> Result<PolicyFound> {
        let target = self.inner.target(caller, name, qualifier, "GetPolicy")?;
        let missing = || errors::not_found("The resource you requested does not exist.");
        let live = self.inner.table.get(&target).ok_or_else(missing)?;
        let policy = live.policy(target.qualifier.as_deref()).ok_or_else(missing)?;
        let revision_id = Draft::of(&live).revision_id(self::qualifier(&target))?;
        Ok(PolicyFound { policy: policy.render(target.arn()), revision_id })
    }
}

/// Under which name the policy of `target` is kept.
fn qualifier(target: &Target) -> &str {
    target.qualifier.as_deref().unwrap_or(LATEST)
}

fn statement(new: NewPermission) -> Result<Statement> {
    let Some(principal) = PolicyPrincipal::parse(&new.principal) else {
        return Err(errors::invalid_parameter(
            "The provided principal was invalid. Please check the principal and try again.",
        ));
    };
    if new.function_url_auth_type.is_some() && new.action != URL_ACTION {
        return Err(errors::invalid_parameter(format!(
            "FunctionUrlAuthType is only supported for {URL_ACTION} action"
        )));
    }
    Ok(Statement {
        sid: new.sid,
        action: new.action,
        principal,
        source_arn: new.source_arn,
        source_account: new.source_account,
        event_source_token: new.event_source_token,
        principal_org_id: new.principal_org_id,
        function_url_auth_type: new.function_url_auth_type,
        invoked_via_function_url: new.invoked_via_function_url,
    })
}

fn check_size(policy: &Policy, target: &Target) -> Result<()> {
    let size = policy.render(target.arn()).len();
    if size > MAX_POLICY { Err(errors::policy_too_long(size, MAX_POLICY)) } else { Ok(()) }
}
