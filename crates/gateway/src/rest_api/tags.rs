//! Tags of what can be tagged, by ARN.

use super::{
    Inner, RestApis, errors,
    keys::{Place, encode},
    model::{Api, Texts},
    table::Namespace,
};
use crate::{errors::wrong_arn, tags};
use std::sync::Arc;
use tinderbox_base::{Caller, Result};
use tinderbox_store::{Commit, Op};

enum Tagged {
    Api(String),
    Stage(String, String),
    Key(String),
    Plan(String),
}

impl RestApis {
    /// The tags of what `arn` names.
    ///
    /// # Errors
    /// `NotFound`, or the ARN is none.
    pub fn tags(&self, caller: &Caller, arn: &str) -> Result<Texts> {
        let namespace = self.inner.table.of(caller);
        Ok(match tagged(arn)? {
            Tagged::Api(id) => namespace.api(&id)?.definition.settings.tags.clone(),
            Tagged::Stage(api, stage) => namespace.stage(&api, &stage)?.tags.clone(),
            Tagged::Key(id) => {
                let access = namespace.access();
                access.keys.get(&id).ok_or_else(|| errors::missing("API Key"))?.tags.clone()
            }
            Tagged::Plan(id) => {
                namespace.access().plans.get(&id).ok_or_else(errors::usage_plan)?.tags.clone()
            }
        })
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
        let change = move |own: &mut Texts| {
            change(own);
            tags::check(own)
        };
        match tagged(arn)? {
            Tagged::Api(id) => {
                let change = move |_: &Inner, api: &mut Api| change(&mut api.definition.settings.tags);
                self.inner.change(caller, &id, change).await
            }
            Tagged::Stage(id, stage) => {
                let change = move |_: &Inner, api: &mut Api| {
                    let stage = api.stages.get_mut(&stage).ok_or_else(errors::stage)?;
                    change(&mut Arc::make_mut(stage).tags)
                };
                self.inner.change(caller, &id, change).await
            }
            Tagged::Key(id) => {
                let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
                    let found = namespace.access().keys.get(&id).cloned();
                    let mut key = found.ok_or_else(|| errors::missing("API Key"))?;
                    change(&mut Arc::make_mut(&mut key).tags)?;
                    put(&inner, &namespace.place, "apikey", &id, &*key).await?;
                    namespace.access_mut().keys.insert(id, key);
                    Ok(())
                };
                self.inner.alone(caller, work).await
            }
            Tagged::Plan(id) => {
                let work = move |inner: Arc<Inner>, namespace: Arc<Namespace>| async move {
                    let found = namespace.access().plans.get(&id).cloned();
                    let mut plan = found.ok_or_else(errors::usage_plan)?;
                    change(&mut Arc::make_mut(&mut plan).tags)?;
                    put(&inner, &namespace.place, "usageplan", &id, &*plan).await?;
                    namespace.access_mut().plans.insert(id, plan);
                    Ok(())
                };
                self.inner.alone(caller, work).await
            }
        }
    }
}

async fn put<T: serde::Serialize>(
    inner: &Inner,
    place: &Place,
    kind: &str,
    id: &str,
    value: &T,
) -> Result<()> {
    let op = Op::Put(place.of(kind, id), encode(value)?);
    inner.store.commit(Commit { ops: vec![op], ..Commit::default() }).await?;
    Ok(())
}

/// `arn:aws:apigateway:REGION::/restapis/ID`, and so on.
fn tagged(arn: &str) -> Result<Tagged> {
    match tags::path(arn)?.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["restapis", id] => Ok(Tagged::Api(id.into())),
        ["restapis", id, "stages", stage] => Ok(Tagged::Stage(id.into(), stage.into())),
        ["apikeys", id] => Ok(Tagged::Key(id.into())),
        ["usageplans", id] => Ok(Tagged::Plan(id.into())),
        _ => Err(wrong_arn()),
    }
}
