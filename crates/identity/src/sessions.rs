//! Temporary credentials: `GetSessionToken` and `AssumeRole`.

use crate::{
    create_role::DEFAULT_SESSION,
    policy,
    record::RoleRecord,
    roles::Identity,
    token::{self, SessionCredentials, Wanted},
    users::last_part,
};
use std::time::Duration;
use tinderbox_base::{
    Arn, Caller, Error, ErrorKind, Principal, Result,
    policy::{
        Applied, Context, Decision, Denial, Named, Policies, Policy, PolicyKind, Request, Source, Subject,
        evaluate,
    },
};

/// Seconds of a session that a user takes, unless it says otherwise (`GetSessionToken` reference).
const USER_SESSION: u32 = 43_200;
/// Seconds of a session that the account itself takes, at most; and of a role that a role assumes.
const SHORT_SESSION: u32 = 3600;
/// The shortest session, in seconds.
const MIN_SESSION: u32 = 900;
/// Managed policies that may limit a session (`AssumeRole` reference).
const MAX_POLICY_ARNS: usize = 10;

/// A role to assume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssumeRole {
    /// The role's ARN.
    pub role: String,
    /// The session's name.
    pub session: String,
    /// Seconds the session lasts.
    pub seconds: Option<u32>,
    /// A policy that limits it.
    pub policy: Option<String>,
    /// Managed policies that limit it too.
    pub policy_arns: Vec<String>,
    /// What the role's owner wants to be told by who assumes it.
    pub external_id: Option<String>,
    /// The session's tags.
    pub tags: Vec<(String, String)>,
}

/// An assumed role.
#[derive(Clone, Debug)]
pub struct AssumedRole {
    /// What to call with.
    pub credentials: SessionCredentials,
    /// The session's id, `AROA…:NAME`.
    pub id: String,
    /// The session's ARN.
    pub arn: String,
}

impl Identity {
    /// Credentials of a session of the caller's own.
    ///
    /// # Errors
    /// `Denied` for a caller that is a session itself; `Invalid` for a time out of bounds.
    pub fn get_session_token(&self, caller: &Caller, seconds: Option<u32>) -> Result<SessionCredentials> {
        let is_session = caller.session.is_some()
            || matches!(caller.principal, Principal::AssumedRole { .. } | Principal::Service(_));
        if is_session {
            let text = "Cannot call GetSessionToken with session credentials";
            return Err(Error::new(ErrorKind::Denied, text));
        }
        // What the account itself asks for beyond its hour is cut, as the reference says.
        let most = if caller.principal == Principal::Root { SHORT_SESSION } else { u32::MAX };
        let seconds = seconds.unwrap_or(USER_SESSION).min(most);
        token::issue(
            &self.vault,
            &*self.clock,
            &*self.random,
            Wanted {
                account: caller.account.clone(),
                principal: caller.principal.clone(),
                lasts: Duration::from_secs(u64::from(seconds)),
                policies: Vec::new(),
                policy_arns: Vec::new(),
                tags: Vec::new(),
            },
        )
    }

    /// Credentials of a session of a role that trusts the caller.
    ///
    /// Whether the caller's own policies let it assume the role is not looked at here.
    ///
    /// # Errors
    /// `Denied` when the role does not exist or does not trust the caller; `Invalid` for a time or policy that does not
    /// do.
    pub async fn assume_role(&self, caller: &Caller, assume: AssumeRole) -> Result<AssumedRole> {
        let (arn, role) = self.trusting(caller, &assume).await?;
        let chained = matches!(caller.principal, Principal::AssumedRole { .. });
        let seconds = assume.seconds.unwrap_or(DEFAULT_SESSION.min(role.max_session));
        check_seconds(seconds, role.max_session, chained)?;
        if let Some(text) = &assume.policy {
            policy::check(text, PolicyKind::Identity)?;
        }
        if assume.policy_arns.len() > MAX_POLICY_ARNS {
            return Err(Error::invalid(format!("A session has at most {MAX_POLICY_ARNS} managed policies.")));
        }
        for policy in &assume.policy_arns {
            self.managed(policy).await?;
        }
        let account = arn.account.clone().unwrap_or_default();
        let name = last_part(&arn.resource).to_owned();
        let session = assume.session;
        let credentials = token::issue(
            &self.vault,
            &*self.clock,
            &*self.random,
            Wanted {
                account: account.clone(),
                principal: Principal::AssumedRole { role: arn, session: session.clone() },
                lasts: Duration::from_secs(u64::from(seconds)),
                policies: assume.policy.into_iter().collect(),
                policy_arns: assume.policy_arns,
                tags: assume.tags,
            },
        )?;
        Ok(AssumedRole {
            credentials,
            id: format!("{}:{session}", role.id),
            arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        })
    }

    /// The role that is to be assumed, if it trusts the caller.
    async fn trusting(&self, caller: &Caller, assume: &AssumeRole) -> Result<(Arn, RoleRecord)> {
        let subject = Subject::of(caller);
        let denied = |denial: &Denial| {
            let text = denial.message(&subject, "sts:AssumeRole", &assume.role);
            Error::new(ErrorKind::Denied, text)
        };
        let arn: Arn = assume.role.parse().map_err(|_| {
            Error::invalid(format!("{} is invalid", assume.role)).with_code("ValidationError")
        })?;
        let found = self.role_by_arn(&arn).await?;
        let (Some(role), Some(owner)) = (found, &arn.account) else {
            return Err(denied(&Denial::Implicit(Source::Trust)));
        };
        let trust = Policy::parse(&role.trust_policy, PolicyKind::Trust).map_err(Error::internal)?;
        // The caller's own policies are the business of whoever authorises calls.
        let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let all = Policy::parse(all, PolicyKind::Identity).map_err(Error::internal)?;
        let context = assume.context(self.principal_keys(caller).await?);
        let request = Request {
            subject: &subject,
            action: "sts:AssumeRole",
            resource: &assume.role,
            owner,
            context: &context,
        };
        let policies = Policies {
            identity: &[Named { name: "all", policy: &all }],
            resource: Some(Applied {
                source: Source::Trust,
                policies: &[Named { name: &role.name, policy: &trust }],
            }),
            ..Policies::default()
        };
        match evaluate(&request, &policies) {
            Decision::Allowed(_) => Ok((arn, role)),
            Decision::Denied(denial) => Err(denied(&denial)),
        }
    }
}

impl AssumeRole {
    /// The condition keys of the request, besides those that `context` has.
    pub fn context(&self, mut context: Context) -> Context {
        context.set("sts:RoleSessionName", &self.session);
        if let Some(id) = &self.external_id {
            context.set("sts:ExternalId", id);
        }
        context.set_all("aws:TagKeys", self.tags.iter().map(|(key, _)| key.clone()).collect());
        for (key, value) in &self.tags {
            context.set(&format!("aws:RequestTag/{key}"), value);
        }
        context
    }
}

fn check_seconds(seconds: u32, most: u32, chained: bool) -> Result<()> {
    let refuse = |text: &'static str| Err(Error::invalid(text).with_code("ValidationError"));
    if seconds < MIN_SESSION {
        return refuse("DurationSeconds must be at least 900.");
    }
    if chained && seconds > SHORT_SESSION {
        return refuse(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        );
    }
    if seconds > most {
        return refuse("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    Ok(())
}
