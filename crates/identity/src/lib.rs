//! Who exists, who calls, and what they may do: IAM's users, roles, access keys and policies, and the sessions that STS
//! gives.
//!
//! Secrets are kept by a [`Vault`]; what a session is stands in its token, and nowhere else. No protocol is spoken here.

mod access_keys;
mod aws_managed;
mod cache;
mod caller;
mod create_role;
mod effective;
#[cfg(test)]
mod fuzz;
mod key_id;
mod listing;
mod managed;
mod owned_policies;
mod owner;
mod policy;
mod record;
mod roles;
mod sessions;
mod simulate;
mod token;
mod users;
mod vault;

pub use access_keys::AccessKey;
pub use caller::CallerIdentity;
pub use create_role::CreateRole;
pub use effective::{Ask, OwnedPolicy};
pub use managed::{CreatePolicy, ManagedPolicy};
pub use owned_policies::{InlinePolicy, policy_name};
pub use owner::Owner;
pub use roles::{FIRST_ROLES, Identity, ListRoles, Role, RolesPage};
pub use sessions::{AssumeRole, AssumedRole};
pub use simulate::{Simulate, Simulated};
pub use token::SessionCredentials;
pub use users::{CreateUser, Page, Part, User};
pub use vault::{Unreadable, Vault};
