//! Execution roles: whether a function may have one.

use super::Inner;
use crate::errors;
use crate::names::Target;
use async_trait::async_trait;
use tinderbox_base::{Arn, Error, ErrorKind, Result};

/// Knows roles. The program implements it with its identity service.
#[async_trait]
pub trait RoleCheck: Send + Sync {
    /// Whether `role` exists and Lambda may assume it.
    ///
    /// # Errors
    /// When that cannot be known now.
    async fn assumable(&self, role: &Arn) -> Result<bool>;
}

/// Takes every role for assumable: for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyRole;

#[async_trait]
impl RoleCheck for AnyRole {
    async fn assumable(&self, _: &Arn) -> Result<bool> {
        Ok(true)
    }
}

impl Inner {
    /// Refuses a role that the function of `target` may not have.
    pub(super) async fn check_role(&self, target: &Target, role: &str) -> Result<()> {
        let rule = r"Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
        let arn: Option<Arn> = role.parse().ok();
        let Some(arn) =
            arn.filter(|a| a.service == "iam" && a.account.is_some() && a.resource.starts_with("role/"))
        else {
            let shown: String = role.chars().take(256).collect();
            return Err(errors::validation(shown, "role", rule));
        };
        if arn.account.as_ref() != Some(&target.account) {
            let text = "Cross-account pass role is not allowed.";
            return Err(Error::new(ErrorKind::Denied, text).with_code("AccessDeniedException"));
        }
        if !self.roles.assumable(&arn).await? {
            return Err(errors::invalid_parameter(
                "The role defined for the function cannot be assumed by Lambda.",
            ));
        }
        Ok(())
    }
}
