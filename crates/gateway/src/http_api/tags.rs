//! Tags of APIs and stages, by ARN.

use super::{
    HttpApis, Inner, errors,
    model::{Api, Texts},
};
use crate::{errors::wrong_arn, tags};
use std::sync::Arc;
use tinderbox_base::{Caller, Result};

impl HttpApis {
    /// The tags of what `arn` names.
    ///
    /// # Errors
    /// `NotFound`, or the ARN is none.
    pub fn tags(&self, caller: &Caller, arn: &str) -> Result<Texts> {
        let (api, stage) = tagged(arn)?;
        let api = self.inner.table.of(caller).api(&api)?;
        match stage {
            None => Ok(api.definition.settings.tags.clone()),
            Some(name) => api
                .stages
                .get(&name)
                .map(|stage| stage.tags.clone())
                .ok_or_else(|| errors::missing("Stage", &name)),
        }
    }

    /// Sets tags of what `arn` names.
    ///
    /// # Errors
    /// `NotFound`, the ARN is none, or there are too many tags.
    pub async fn tag(&self, caller: &Caller, arn: &str, tags: Texts) -> Result<()> {
        self.retag(caller, arn, move |own| own.extend(tags)).await
    }

    /// Removes tags of what `arn` names.
    ///
    /// # Errors
    /// `NotFound`, or the ARN is none.
    pub async fn untag(&self, caller: &Caller, arn: &str, names: Vec<String>) -> Result<()> {
        self.retag(caller, arn, move |own| own.retain(|name, _| !names.contains(name))).await
    }

    async fn retag(
        &self,
        caller: &Caller,
        arn: &str,
        change: impl FnOnce(&mut Texts) + Send + 'static,
    ) -> Result<()> {
        let (id, stage) = tagged(arn)?;
        let change = move |_: &Inner, api: &mut Api| {
            let own = match stage {
                None => &mut api.definition.settings.tags,
                Some(name) => {
                    let stage = api.stages.get_mut(&name).ok_or_else(|| errors::missing("Stage", &name))?;
                    &mut Arc::make_mut(stage).tags
                }
            };
            change(own);
            tags::check(own)
        };
        self.inner.change(caller, &id, change).await
    }
}

/// The API, and the stage, of `arn:aws:apigateway:REGION::/apis/ID` and `…/apis/ID/stages/NAME`.
fn tagged(arn: &str) -> Result<(String, Option<String>)> {
    match tags::path(arn)?.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["apis", id] => Ok((id.into(), None)),
        ["apis", id, "stages", stage] => Ok((id.into(), Some(stage.into()))),
        _ => Err(wrong_arn()),
    }
}
