//! `CreateRole`.

use crate::{
    policy,
    record::{self, RoleRecord},
    roles::{Identity, Role},
};
use std::collections::BTreeMap;
use tinderbox_base::{Caller, Error, Random, Result};
use tinderbox_store::{Check, Commit, Op};

/// Seconds a session lasts at most, unless said otherwise (`CreateRole` reference).
pub(crate) const DEFAULT_SESSION: u32 = 3600;

/// A role to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateRole {
    /// Its name, unique in the account whatever its case.
    pub name: String,
    /// Its path; `/` when none.
    pub path: Option<String>,
    /// Who may assume it: JSON.
    pub trust_policy: String,
    /// What it is for.
    pub description: Option<String>,
    /// Seconds a session lasts at most.
    pub max_session: Option<u32>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The policy that limits it, by its ARN.
    pub boundary: Option<String>,
}

impl Identity {
    /// Makes a role.
    ///
    /// # Errors
    /// `Conflict` when the name is taken; `Invalid` when the trust policy is none.
    pub async fn create_role(&self, caller: &Caller, create: CreateRole) -> Result<Role> {
        policy::check_trust(&create.trust_policy)?;
        if let Some(boundary) = &create.boundary {
            self.managed(boundary).await?;
        }
        self.furnish(&caller.account).await?;
        let role = RoleRecord {
            id: unique_id("AROA", &*self.random),
            created: self.clock.now(),
            path: create.path.unwrap_or_else(|| "/".into()),
            trust_policy: create.trust_policy,
            description: create.description,
            max_session: create.max_session.unwrap_or(DEFAULT_SESSION),
            tags: create.tags,
            boundary: create.boundary,
            name: create.name,
        };
        let key = record::role(&caller.account, &role.name)?;
        let commit = Commit {
            checks: vec![Check::Absent(key.clone())],
            ops: vec![Op::Put(key, record::encode(&role)?)],
            appends: vec![],
        };
        let taken = format!("Role with name {} already exists.", role.name);
        self.commit(commit, || Error::conflict(taken)).await?;
        Ok(role.into_role(&caller.account))
    }
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// An id as IAM gives: four letters for the kind (`AROA` for roles), and 17 letters and digits.
pub(crate) fn unique_id(kind: &str, random: &dyn Random) -> String {
    let mut bytes = [0; 17];
    random.fill(&mut bytes);
    id_of(kind, &bytes)
}

/// The id that 17 bytes make.
pub(crate) fn id_of(kind: &str, bytes: &[u8; 17]) -> String {
    let letters = bytes.iter().map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()]));
    kind.chars().chain(letters).collect()
}
