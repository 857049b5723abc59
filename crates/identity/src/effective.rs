//! What a caller may do: its own policies, those that limit it, and the decision over them.

use crate::{owner::Owner, roles::Identity};
use std::sync::Arc;
use tinderbox_base::{
    AccountId, Arn, Caller, Error, Principal, Result,
    policy::{
        Applied, Context, Decision, Named, Policies, Policy, PolicyKind, Request, Source, Subject, evaluate,
    },
};

/// A policy with the name by which a decision tells it.
#[derive(Clone, Debug)]
pub struct OwnedPolicy {
    /// Its name or ARN.
    pub name: String,
    /// What it says.
    pub policy: Policy,
}

/// The policies of one user or role.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(crate) identity: Vec<OwnedPolicy>,
    pub(crate) boundary: Option<OwnedPolicy>,
}

/// What is to be decided.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The action, such as `lambda:InvokeFunction`.
    pub action: &'a str,
    /// The resource's ARN, or `*`.
    pub resource: &'a str,
    /// The account that owns the resource.
    pub owner: &'a AccountId,
    /// What is known of the request; what is known of the caller is added.
    pub context: Context,
    /// The resource's policies; none if it has none.
    pub attached: Option<(Source, Vec<OwnedPolicy>)>,
}

impl Identity {
    /// Decides whether the caller may do what it asks for.
    ///
    /// # Errors
    /// The store fails.
    pub async fn decide(&self, caller: &Caller, mut ask: Ask<'_>) -> Result<Decision> {
        ask.context = merge(self.principal_keys(caller).await?, ask.context);
        let own = self.own(caller).await?;
        let session = self.of_session(caller).await?;
        let subject = Subject::of(caller);
        Ok(decide(&subject, &ask, &own, session.as_deref()))
    }

    /// The policies of who calls.
    pub(crate) async fn own(&self, caller: &Caller) -> Result<Arc<Own>> {
        match Owner::of(&caller.principal) {
            None | Some(Owner::Account) => Ok(Arc::default()),
            Some(owner) => self.own_of(&Subject::of(caller).account, &owner).await,
        }
    }

    pub(crate) async fn own_of(&self, account: &AccountId, owner: &Owner) -> Result<Arc<Own>> {
        let name = format!("{account}/{}", owner.key());
        self.owned_policies.get(&name, self.read_own(account, owner)).await
    }

    async fn read_own(&self, account: &AccountId, owner: &Owner) -> Result<Arc<Own>> {
        let boundary = match owner {
            Owner::User(name) => self.find_user(account, name).await?.and_then(|user| user.boundary),
            Owner::Role(name) => self.find(account, name).await?.and_then(|role| role.boundary),
            Owner::Account => None,
        };
        let mut own = Own::default();
        for inline in self.inline_policies(account, owner).await? {
            own.identity.push(parse(inline.name, &inline.document)?);
        }
        for arn in self.attached_policies(account, owner).await? {
            own.identity.push(parse(arn.clone(), &self.managed(&arn).await?.document)?);
        }
        if let Some(arn) = boundary {
            own.boundary = Some(parse(arn.clone(), &self.managed(&arn).await?.document)?);
        }
        Ok(Arc::new(own))
    }

    /// The policies that limit the caller's session, if there are any.
    async fn of_session(&self, caller: &Caller) -> Result<Option<Vec<OwnedPolicy>>> {
        let Some(session) = &caller.session else { return Ok(None) };
        if session.policies.is_empty() && session.policy_arns.is_empty() {
            return Ok(None);
        }
        let mut found = Vec::new();
        for document in &session.policies {
            found.push(parse("session policy".into(), document)?);
        }
        for arn in &session.policy_arns {
            found.push(parse(arn.clone(), &self.managed(arn).await?.document)?);
        }
        Ok(Some(found))
    }

    /// The trust policy of a role; none if there is no such role.
    ///
    /// # Errors
    /// The store fails.
    pub async fn trust_policy(&self, arn: &Arn) -> Result<Option<OwnedPolicy>> {
        let Some(role) = self.role_by_arn(arn).await? else { return Ok(None) };
        let policy = Policy::parse(&role.trust_policy, PolicyKind::Trust).map_err(Error::internal)?;
        Ok(Some(OwnedPolicy { name: role.name, policy }))
    }

    /// The condition keys that tell who calls ("AWS global condition context keys", properties of the principal).
    pub(crate) async fn principal_keys(&self, caller: &Caller) -> Result<Context> {
        let who = self.caller_identity(caller).await?;
        let subject = Subject::of(caller);
        let mut context = Context::new()
            .with("aws:PrincipalAccount", subject.account.as_str())
            .with("aws:userid", who.user_id);
        match &caller.principal {
            Principal::Root => {
                context.set("aws:PrincipalArn", who.arn);
                context.set("aws:PrincipalType", "Account");
            }
            Principal::User { user } => {
                context.set("aws:PrincipalArn", user.to_string());
                context.set("aws:PrincipalType", "User");
                context.set("aws:username", crate::users::last_part(&user.resource));
            }
            Principal::AssumedRole { role, .. } => {
                context.set("aws:PrincipalArn", role.to_string());
                context.set("aws:PrincipalType", "AssumedRole");
            }
            Principal::Service(name) => {
                context.set("aws:PrincipalServiceName", name);
                context.set("aws:PrincipalIsAWSService", "true");
            }
        }
        if let Some(session) = &caller.session {
            context.set("aws:TokenIssueTime", session.issued.to_rfc3339_millis());
            for (key, value) in &session.tags {
                context.set(&format!("aws:PrincipalTag/{key}"), value);
            }
        }
        if let Some(arn) = &caller.source_arn {
            context.set("aws:SourceArn", arn.to_string());
        }
        if let Some(account) = &caller.source_account {
            context.set("aws:SourceAccount", account.as_str());
        }
        Ok(context)
    }
}

/// Decides over policies that were gathered.
pub(crate) fn decide(
    subject: &Subject,
    ask: &Ask<'_>,
    own: &Own,
    session: Option<&[OwnedPolicy]>,
) -> Decision {
    fn named(list: &[OwnedPolicy]) -> Vec<Named<'_>> {
        list.iter().map(|owned| Named { name: &owned.name, policy: &owned.policy }).collect()
    }
    let identity = named(&own.identity);
    let boundary = own.boundary.as_ref().map(|b| named(std::slice::from_ref(b)));
    let session = session.map(named);
    let attached = ask.attached.as_ref().map(|(source, list)| (*source, named(list)));
    let request = Request {
        subject,
        action: ask.action,
        resource: ask.resource,
        owner: ask.owner,
        context: &ask.context,
    };
    let policies = Policies {
        identity: &identity,
        resource: attached.as_ref().map(|(source, policies)| Applied { source: *source, policies }),
        boundary: boundary.as_deref(),
        session: session.as_deref(),
    };
    evaluate(&request, &policies)
}

fn merge(mut first: Context, second: Context) -> Context {
    first.extend(second);
    first
}

pub(crate) fn parse(name: String, document: &str) -> Result<OwnedPolicy> {
    let policy = Policy::parse(document, PolicyKind::Identity).map_err(Error::internal)?;
    Ok(OwnedPolicy { name, policy })
}
