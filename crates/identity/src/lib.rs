//! Who exists and who calls: IAM roles, and the identity that STS tells a caller.
//!
//! Policies are stored with roles and not evaluated. No protocol is spoken here.

mod caller;
mod create_role;
#[cfg(test)]
mod fuzz;
mod policy;
mod record;
mod roles;

pub use caller::CallerIdentity;
pub use create_role::CreateRole;
pub use roles::{FIRST_ROLES, Identity, ListRoles, Role, RolesPage};
