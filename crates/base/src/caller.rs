//! Who makes a call, in which account and region, and under which ids it is traced.

use crate::{AccountId, Arn, Region, RequestId, Timestamp};
use std::sync::Arc;

/// The identity a caller acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account itself: any credentials on the loopback listener.
    Root,
    /// A user of the account.
    User {
        /// The user, `arn:aws:iam::ACCOUNT:user/NAME`.
        user: Arn,
    },
    /// A session of a role: of a function's execution role, assumed by one of its instances, or one that STS gave.
    AssumedRole {
        /// The role, `arn:aws:iam::ACCOUNT:role/NAME`.
        role: Arn,
        /// The session's name; for instances the function's name, as AWS sets it.
        session: String,
    },
    /// One of our own services, such as `events.amazonaws.com`.
    Service(String),
}

/// The session that temporary credentials belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// When they were given.
    pub issued: Timestamp,
    /// When they stop to count.
    pub expires: Timestamp,
    /// Policies that limit the session, each a document; none limits nothing.
    pub policies: Vec<String>,
    /// Policies that limit it too, by their ARNs.
    pub policy_arns: Vec<String>,
    /// The session's tags.
    pub tags: Vec<(String, String)>,
}

/// What travels with every call, through every layer.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account called in.
    pub account: AccountId,
    /// The region called in.
    pub region: Region,
    /// Who calls.
    pub principal: Principal,
    /// The access key that signed the request, if one did.
    pub access_key: Option<String>,
    /// What temporary credentials say about themselves; none for the long-term ones and for instances.
    pub session: Option<Arc<Session>>,
    /// The resource on whose behalf a service calls.
    pub source_arn: Option<Arn>,
    /// The account of that resource.
    pub source_account: Option<AccountId>,
    /// The request's id, told to the caller and written to logs.
    pub request_id: RequestId,
    /// The `X-Amzn-Trace-Id` header, passed on to what the request causes.
    pub trace: Option<String>,
}

impl Caller {
    /// A caller that acts as the account itself.
    pub fn root(account: AccountId, region: Region, request_id: RequestId) -> Self {
        Self {
            account,
            region,
            principal: Principal::Root,
            access_key: None,
            session: None,
            source_arn: None,
            source_account: None,
            request_id,
            trace: None,
        }
    }
}
