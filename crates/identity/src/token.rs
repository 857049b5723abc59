//! Session tokens: all that is known of a session, encrypted, so that nothing of it is stored.
//!
//! A token is opened by whoever has the vault's key: this server, also after a restart.

use crate::{access_keys, key_id, vault::Vault};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tinderbox_base::{
    AccountId, Arn, Clock, Error, KeyFault, KnownKey, Principal, Random, Result, Secret, Session, Timestamp,
};

/// Characters of a token that is looked at. With ten policies and fifty tags it stays below.
const MAX_TOKEN: usize = 65_536;

/// Credentials of a session.
#[derive(Clone, Debug)]
pub struct SessionCredentials {
    /// The access key id, `ASIA…`.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// The token that requests come with.
    pub token: String,
    /// When they stop to count.
    pub expires: Timestamp,
}

/// What a token holds.
#[derive(Serialize, Deserialize)]
struct Content {
    secret: String,
    account: AccountId,
    /// The role's ARN, and the session's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<(String, String)>,
    /// The user's ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    issued: Timestamp,
    expires: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    policy_arns: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<(String, String)>,
}

/// A session that is to be given credentials.
pub(crate) struct Wanted {
    pub(crate) account: AccountId,
    pub(crate) principal: Principal,
    pub(crate) lasts: Duration,
    pub(crate) policies: Vec<String>,
    pub(crate) policy_arns: Vec<String>,
    pub(crate) tags: Vec<(String, String)>,
}

/// Makes credentials for a session.
pub(crate) fn issue(
    vault: &Vault,
    clock: &dyn Clock,
    random: &dyn Random,
    wanted: Wanted,
) -> Result<SessionCredentials> {
    let (issued, secret) = (clock.now(), access_keys::new_secret(random));
    let expires = issued + wanted.lasts;
    let id = key_id::new(key_id::SESSION, &wanted.account, random);
    let (role, user) = match wanted.principal {
        Principal::AssumedRole { role, session } => (Some((role.to_string(), session)), None),
        Principal::User { user } => (None, Some(user.to_string())),
        Principal::Root | Principal::Service(_) => (None, None),
    };
    let content = Content {
        secret: secret.clone(),
        account: wanted.account,
        role,
        user,
        issued,
        expires,
        policies: wanted.policies,
        policy_arns: wanted.policy_arns,
        tags: wanted.tags,
    };
    let text = serde_json::to_vec(&content).map_err(Error::internal)?;
    let token = BASE64_STANDARD.encode(vault.seal(&purpose(&id), &text, random)?);
    Ok(SessionCredentials { id, secret: Secret::new(secret), token, expires })
}

/// What a token says of the key that it came with.
pub(crate) fn open(vault: &Vault, now: Timestamp, id: &str, token: &str) -> Result<KnownKey, KeyFault> {
    let content = read(vault, id, token).ok_or(KeyFault::Unknown)?;
    if now >= content.expires {
        return Err(KeyFault::Expired);
    }
    let arn = |text: &str| text.parse::<Arn>().map_err(|_| KeyFault::Unknown);
    let principal = match (&content.role, &content.user) {
        (Some((role, session)), _) => Principal::AssumedRole { role: arn(role)?, session: session.clone() },
        (None, Some(user)) => Principal::User { user: arn(user)? },
        (None, None) => Principal::Root,
    };
    let session = Session {
        issued: content.issued,
        expires: content.expires,
        policies: content.policies,
        policy_arns: content.policy_arns,
        tags: content.tags,
    };
    Ok(KnownKey {
        secret: Secret::new(content.secret),
        account: content.account,
        principal,
        session: Some(Arc::new(session)),
    })
}

fn read(vault: &Vault, id: &str, token: &str) -> Option<Content> {
    if !id.starts_with(key_id::SESSION) || token.len() > MAX_TOKEN {
        return None;
    }
    let sealed = BASE64_STANDARD.decode(token).ok()?;
    serde_json::from_slice(&vault.open_sealed(&purpose(id), &sealed).ok()?).ok()
}

/// A token belongs to its key: with another one it does not open.
fn purpose(id: &str) -> String {
    format!("session/{id}")
}
