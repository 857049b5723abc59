//! What STS tells a caller about itself.

use crate::{create_role::id_of, roles::Identity, users::last_part};
use tinderbox_base::{AccountId, Caller, Principal, Result};

/// The answer to `GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account called in.
    pub account: AccountId,
    /// The unique id of who calls.
    pub user_id: String,
    /// The ARN of who calls.
    pub arn: String,
}

impl Identity {
    /// Who the caller is.
    ///
    /// # Errors
    /// The store fails.
    pub async fn caller_identity(&self, caller: &Caller) -> Result<CallerIdentity> {
        let account = caller.account.clone();
        let (user_id, arn) = match &caller.principal {
            // For the account itself, AWS tells its number as the id.
            Principal::Root => (account.to_string(), format!("arn:aws:iam::{account}:root")),
            Principal::User { user } => {
                let name = last_part(&user.resource);
                let id = self.user_id(&account, name).await?;
                (id, user.to_string())
            }
            Principal::AssumedRole { role, session } => {
                let name = role.resource.rsplit('/').next().unwrap_or_default();
                let owner = role.account.as_ref().unwrap_or(&account);
                let id = match self.find(owner, name).await? {
                    Some(role) => role.id,
                    // A function may have a role that was never made; its id is the same each time.
                    None => id_of("AROA", &digest(&role.to_string())),
                };
                (format!("{id}:{session}"), format!("arn:aws:sts::{owner}:assumed-role/{name}/{session}"))
            }
            Principal::Service(name) => (name.clone(), format!("arn:aws:iam::{account}:service/{name}")),
        };
        Ok(CallerIdentity { account, user_id, arn })
    }
}

/// 17 bytes that follow from a text (FNV-1a); not for secrets.
fn digest(text: &str) -> [u8; 17] {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut step = |byte: u8| {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        (hash >> 32) as u8
    };
    text.bytes().for_each(|byte| {
        step(byte);
    });
    std::array::from_fn(|at| step(at as u8))
}
