//! Who asks, in the terms of policies.

use crate::{AccountId, Caller, Principal};

/// Who a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The account it belongs to.
    pub account: AccountId,
    /// What it is in that account.
    pub kind: SubjectKind,
}

/// What a subject is in its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// The account itself.
    Root,
    /// A user, by its ARN.
    User(String),
    /// A session of a role.
    Session {
        /// The role's ARN.
        role: String,
        /// The session's ARN: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
        session: String,
    },
    /// A service, such as `events.amazonaws.com`; it has no policies of its own.
    Service(String),
    /// Somebody who did not say who they are. Policies of resources may let everyone in.
    Anonymous,
}

impl Subject {
    /// Somebody who did not say who they are, in the account whose resource they ask for.
    pub fn anonymous(owner: &AccountId) -> Self {
        Self { account: owner.clone(), kind: SubjectKind::Anonymous }
    }

    /// The subject that a caller is.
    pub fn of(caller: &Caller) -> Self {
        let account = caller.account.clone();
        match &caller.principal {
            Principal::Root => Self { account, kind: SubjectKind::Root },
            Principal::User { user } => {
                let account = user.account.clone().unwrap_or(account);
                Self { account, kind: SubjectKind::User(user.to_string()) }
            }
            Principal::AssumedRole { role, session } => {
                let account = role.account.clone().unwrap_or(account);
                let name = role.resource.rsplit('/').next().unwrap_or_default();
                let session = format!("arn:{}:sts::{account}:assumed-role/{name}/{session}", role.partition);
                Self { account, kind: SubjectKind::Session { role: role.to_string(), session } }
            }
            Principal::Service(name) => Self { account, kind: SubjectKind::Service(name.clone()) },
        }
    }

    /// Its name as messages tell it: an ARN, or a service's name.
    pub fn name(&self) -> String {
        match &self.kind {
            SubjectKind::Root => format!("arn:aws:iam::{}:root", self.account),
            SubjectKind::User(arn) => arn.clone(),
            SubjectKind::Session { session, .. } => session.clone(),
            SubjectKind::Service(name) => name.clone(),
            SubjectKind::Anonymous => "anonymous".to_owned(),
        }
    }
}
