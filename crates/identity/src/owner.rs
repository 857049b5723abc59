//! What keys and policies belong to: a user, a role, or the account itself.

use crate::users::last_part;
use tinderbox_base::{AccountId, Arn, Principal};

/// What has policies or keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The account itself, which has keys and no policies.
    Account,
    /// A user, by its name.
    User(String),
    /// A role, by its name.
    Role(String),
}

impl Owner {
    /// The owner that a caller acts as; a service is none.
    pub(crate) fn of(principal: &Principal) -> Option<Self> {
        match principal {
            Principal::Root => Some(Self::Account),
            Principal::User { user } => Some(Self::User(last_part(&user.resource).to_owned())),
            Principal::AssumedRole { role, .. } => Some(Self::Role(last_part(&role.resource).to_owned())),
            Principal::Service(_) => None,
        }
    }

    /// Its name in keys of the store: names have no case there.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Account => "account".into(),
            Self::User(name) => format!("user/{}", name.to_ascii_lowercase()),
            Self::Role(name) => format!("role/{}", name.to_ascii_lowercase()),
        }
    }
}

/// An IAM ARN of the account.
pub(crate) fn arn(account: &AccountId, resource: String) -> Arn {
    Arn {
        partition: "aws".into(),
        service: "iam".into(),
        region: None,
        account: Some(account.clone()),
        resource,
    }
}
