//! UpdateFunctionConfiguration.

use super::draft::Draft;
use super::table::Namespace;
use super::{Functions, changes};
use crate::errors;
use crate::model::{Function, Settings};
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

/// What a caller sends to change a function's settings.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationUpdate {
    /// The function's name or ARN.
    pub name: String,
    /// The settings that change.
    pub settings: Settings,
    /// The revision that must be the current one.
    pub revision_id: Option<String>,
}

impl Functions {
    /// Changes a function's settings. When this returns, no request that comes runs with the old ones.
    pub async fn update_configuration(
        &self,
        caller: &Caller,
        update: ConfigurationUpdate,
    ) -> Result<Arc<Function>> {
        let inner = &self.inner;
        let target = inner.target(caller, &update.name, None, "UpdateFunctionConfiguration")?;
        changes::latest(&target)?;
        if inner.table.get(&target).is_none() {
            return Err(errors::function_not_found(target.unqualified_arn()));
        }
        if let Some(role) = &update.settings.role {
            inner.check_role(&target, role).await?;
        }
        let (limits, changer) = (inner.limits(), inner.clone());
        let decide = move |_: &Namespace, draft: &mut Draft| {
            let function = &mut draft.function;
            function.configuration = function.configuration.clone().with(update.settings, &limits)?;
            changer.changed(function);
            Ok(())
        };
        let (live, ()) = inner.update(&target, update.revision_id, decide).await?;
        inner.warm_up(&live.latest);
        Ok(live.function().clone())
    }
}
