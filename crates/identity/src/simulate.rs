//! `SimulateCustomPolicy` and `SimulatePrincipalPolicy`: what the policies would decide.

use crate::{
    effective::{Ask, Own, OwnedPolicy, decide, parse},
    owner::{self, Owner},
    policy,
    roles::Identity,
};
use std::sync::Arc;
use tinderbox_base::{
    Arn, Caller, Error, Result,
    policy::{Context, Decision, Denial, Matched, PolicyKind, Subject, SubjectKind},
};

/// Decisions of one simulation at most.
const MAX_DECISIONS: usize = 10_000;

/// A simulation.
#[derive(Clone, Debug, Default)]
pub struct Simulate {
    /// The user or role whose policies are asked; none asks only those given.
    pub principal: Option<String>,
    /// Further policies.
    pub policies: Vec<String>,
    /// The policies that limit them; none limits nothing.
    pub boundary: Option<Vec<String>>,
    /// The actions.
    pub actions: Vec<String>,
    /// The resources; none is `*`.
    pub resources: Vec<String>,
    /// The condition keys and their values.
    pub context: Vec<(String, Vec<String>)>,
}

/// What would be decided of one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: &'static str,
    /// The statement that decided.
    pub matched: Option<Matched>,
}

impl Identity {
    /// Simulates.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` when something given is no policy.
    pub async fn simulate(&self, caller: &Caller, simulate: Simulate) -> Result<Vec<Simulated>> {
        let (subject, found) = self.simulated(caller, simulate.principal.as_deref()).await?;
        let given = |list: &[String]| -> Result<Vec<OwnedPolicy>> {
            let named = list.iter().enumerate();
            named
                .map(|(at, text)| {
                    policy::check(text, PolicyKind::Identity)?;
                    parse(format!("PolicyInputList.{}", at + 1), text)
                })
                .collect()
        };
        let identity = [found.identity.clone(), given(&simulate.policies)?].concat();
        let limits = match &simulate.boundary {
            Some(list) => given(list)?.into_iter().next(),
            None => found.boundary.clone(),
        };
        let own = Own { identity, boundary: limits };
        let everything = ["*".to_owned()];
        let resources = if simulate.resources.is_empty() { &everything[..] } else { &simulate.resources };
        if simulate.actions.len().saturating_mul(resources.len()) > MAX_DECISIONS {
            return Err(Error::invalid(format!("A simulation makes at most {MAX_DECISIONS} decisions.")));
        }
        let mut context = Context::new();
        context.extend(simulate.context);
        let mut results = Vec::new();
        for resource in resources {
            let parsed = resource.parse::<Arn>().ok();
            let owner = parsed.and_then(|arn| arn.account).unwrap_or_else(|| subject.account.clone());
            for action in &simulate.actions {
                let ask = Ask { action, resource, owner: &owner, context: context.clone(), attached: None };
                let (decision, matched) = match decide(&subject, &ask, &own, None) {
                    Decision::Allowed(matched) => ("allowed", matched),
                    Decision::Denied(Denial::Explicit(matched)) => ("explicitDeny", Some(matched)),
                    Decision::Denied(Denial::Implicit(_)) => ("implicitDeny", None),
                };
                let (action, resource) = (action.clone(), resource.clone());
                results.push(Simulated { action, resource, decision, matched });
            }
        }
        Ok(results)
    }

    /// Whose policies are asked, and which they are.
    async fn simulated(&self, caller: &Caller, principal: Option<&str>) -> Result<(Subject, Arc<Own>)> {
        let account = caller.account.clone();
        let Some(text) = principal else {
            // Somebody who has nothing but what is given.
            let arn = owner::arn(&account, "user/simulated".into()).to_string();
            return Ok((Subject { account, kind: SubjectKind::User(arn) }, Arc::default()));
        };
        let arn: Arn = text.parse().map_err(|_| Error::invalid(format!("Invalid Entity Arn: {text}")))?;
        let name = crate::users::last_part(&arn.resource).to_owned();
        let (owner, kind) = if arn.resource.starts_with("user/") {
            (Owner::User(name), SubjectKind::User(text.to_owned()))
        } else if arn.resource.starts_with("role/") {
            (Owner::Role(name), SubjectKind::Session { role: text.to_owned(), session: text.to_owned() })
        } else {
            return Err(Error::invalid(format!("Invalid Entity Arn: {text}")));
        };
        self.existing(&account, &owner).await?;
        let own = self.own_of(&account, &owner).await?;
        Ok((Subject { account, kind }, own))
    }
}
