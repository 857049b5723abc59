//! Authorizers: functions that say who may call.

use super::{
    Inner, RestApis, errors,
    model::{Api, Authorizer},
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, patch},
};
use crate::page::Page;
use crate::{function::function_of, ids};
use tinderbox_base::{Caller, Result};

/// Authorizers of one API (quotas: Lambda authorizers per API, 10).
const MAX_AUTHORIZERS: usize = 10;

const RULES: [Rule; 7] = [
    ("/name", Kind::Text),
    ("/authType", Kind::Text),
    ("/authorizerUri", Kind::Text),
    ("/authorizerCredentials", Kind::Text),
    ("/identitySource", Kind::Text),
    ("/identityValidationExpression", Kind::Text),
    ("/authorizerResultTtlInSeconds", Kind::Whole),
];

impl RestApis {
    /// Adds an authorizer to an API.
    ///
    /// # Errors
    /// `NotFound`, or it is none that can be.
    pub async fn create_authorizer(&self, caller: &Caller, api: &str, new: Authorizer) -> Result<Authorizer> {
        let change = move |inner: &Inner, api: &mut Api| {
            let mut new = new;
            if new.kind == "TOKEN" && new.identity_source.is_none() {
                new.identity_source = Some("method.request.header.Authorization".into());
            }
            check(&new)?;
            unique(api, &new)?;
            if api.definition.authorizers.len() >= MAX_AUTHORIZERS {
                return Err(errors::too_many("authorizers for this API", MAX_AUTHORIZERS));
            }
            new.id = ids::part(&*inner.random);
            api.definition.authorizers.insert(new.id.clone(), new.clone());
            Ok(new)
        };
        self.inner.change(caller, api, change).await
    }

    /// An authorizer.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_authorizer(&self, caller: &Caller, api: &str, id: &str) -> Result<Authorizer> {
        let api = self.inner.table.of(caller).api(api)?;
        api.definition.authorizers.get(id).cloned().ok_or_else(|| errors::missing("Authorizer"))
    }

    /// A page of the authorizers.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_authorizers(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Authorizer>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.authorizers.values().cloned(), |authorizer| &authorizer.id)
    }

    /// Changes an authorizer.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_authorizer(
        &self,
        caller: &Caller,
        api: &str,
        id: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Authorizer> {
        let change = move |_: &Inner, api: &mut Api| {
            let found = api.definition.authorizers.get(&id).ok_or_else(|| errors::missing("Authorizer"))?;
            let new: Authorizer = patch(found, &operations, &RULES)?;
            check(&new)?;
            unique(api, &new)?;
            api.definition.authorizers.insert(id, new.clone());
            Ok(new)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes an authorizer.
    ///
    /// # Errors
    /// `NotFound`, or a method uses it.
    pub async fn delete_authorizer(&self, caller: &Caller, api: &str, id: String) -> Result<()> {
        let change = move |_: &Inner, api: &mut Api| {
            let mut methods =
                api.definition.resources.values().flat_map(|resource| resource.methods.values());
            if methods.any(|method| method.authorizer_id.as_deref() == Some(&id)) {
                return Err(tinderbox_base::Error::conflict(
                    "Cannot delete authorizer, is referenced in at least one method",
                ));
            }
            let removed = api.definition.authorizers.remove(&id);
            removed.map(drop).ok_or_else(|| errors::missing("Authorizer"))
        };
        self.inner.change(caller, api, change).await
    }

    /// Forgets what authorizers of a stage answered.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn flush_authorizers(&self, caller: &Caller, api: &str, stage: &str) -> Result<()> {
        let namespace = self.inner.table.of(caller);
        namespace.stage(api, stage)?;
        namespace.live(api)?.runtime.forget_authorizations(stage);
        Ok(())
    }
}

/// Whether no other authorizer of the API has its name.
fn unique(api: &Api, authorizer: &Authorizer) -> Result<()> {
    let mut others = api.definition.authorizers.values().filter(|other| other.id != authorizer.id);
    if others.any(|other| other.name == authorizer.name) {
        return Err(errors::bad(format!(
            "Authorizer name must be unique. Authorizer {} already exists in this RestApi.",
            authorizer.name
        )));
    }
    Ok(())
}

fn check(authorizer: &Authorizer) -> Result<()> {
    if authorizer.name.trim().is_empty() {
        return Err(errors::bad("Authorizer name cannot be blank"));
    }
    match authorizer.kind.as_str() {
        "TOKEN" | "REQUEST" => {}
        "COGNITO_USER_POOLS" => return Err(errors::absent("authorizers of Cognito user pools")),
        _ => return Err(errors::bad("Invalid authorizer type specified")),
    }
    if function_of(&authorizer.authorizer_uri).is_none() {
        return Err(errors::bad(
            "Invalid Authorizer URI: it must be the ARN of a Lambda function's invocations path",
        ));
    }
    let ttl = authorizer.authorizer_result_ttl_in_seconds;
    if ttl.is_some_and(|ttl| !(0..=3600).contains(&ttl)) {
        return Err(errors::bad("Invalid authorizer result TTL specified: it must be between 0 and 3600"));
    }
    let sources: Vec<_> = sources(authorizer).collect();
    if authorizer.kind == "REQUEST" && ttl != Some(0) && sources.is_empty() {
        return Err(errors::bad("Identity sources are required when caching is enabled"));
    }
    let known = ["method.request.header.", "method.request.querystring.", "stageVariables.", "context."];
    if let Some(source) = sources.iter().find(|source| !known.iter().any(|k| source.starts_with(k))) {
        return Err(errors::bad(format!("Invalid identity source '{source}' specified")));
    }
    if let Some(pattern) = &authorizer.identity_validation_expression
        && regex::Regex::new(pattern).is_err()
    {
        return Err(errors::bad(format!("Invalid identity validation expression '{pattern}' specified")));
    }
    Ok(())
}

/// The places in the request that make up the identity.
pub(super) fn sources(authorizer: &Authorizer) -> impl Iterator<Item = &str> {
    let sources = authorizer.identity_source.as_deref().unwrap_or_default();
    sources.split(',').map(str::trim).filter(|source| !source.is_empty())
}
