//! Authorizers.

use super::{
    HttpApis, Inner, errors, integrations,
    model::{Api, Authorizer, Jwt},
    page::PageRequest,
    serve::source_is_sound,
};
use crate::ids;
use crate::page::Page;
use tinderbox_base::{Caller, Result};

/// Authorizers of an API (quotas: authorizers per API, 10).
const MAX_AUTHORIZERS: usize = 10;
/// How long an answer of a function may hold, in seconds; and if it is not said.
const MAX_TTL_S: i64 = 3_600;
const DEFAULT_TTL_S: i64 = 300;
/// Audiences of an issuer (quotas: audiences per authorizer, 50).
const MAX_AUDIENCES: usize = 50;

/// What an authorizer is to be; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct AuthorizerChange {
    /// Its name.
    pub name: Option<String>,
    /// `JWT` or `REQUEST`.
    pub authorizer_type: Option<String>,
    /// The function.
    pub authorizer_uri: Option<String>,
    /// The role to call it as.
    pub authorizer_credentials_arn: Option<String>,
    /// Where the identity is in the request.
    pub identity_source: Option<Vec<String>>,
    /// How long an answer holds.
    pub authorizer_result_ttl_in_seconds: Option<i64>,
    /// `1.0` or `2.0`.
    pub authorizer_payload_format_version: Option<String>,
    /// Whether the function answers yes or no.
    pub enable_simple_responses: Option<bool>,
    /// Whose tokens are good.
    pub jwt: Option<Jwt>,
}

impl HttpApis {
    /// Makes an authorizer.
    ///
    /// # Errors
    /// `NotFound`, or the authorizer is none that can be.
    pub async fn create_authorizer(
        &self,
        caller: &Caller,
        api: &str,
        new: AuthorizerChange,
    ) -> Result<Authorizer> {
        let mut authorizer = applied(Authorizer::default(), new)?;
        let change = move |inner: &Inner, api: &mut Api| {
            let own = &mut api.definition.authorizers;
            if own.len() >= MAX_AUTHORIZERS {
                return Err(errors::too_many("authorizers", MAX_AUTHORIZERS));
            }
            if own.values().any(|other| other.name == authorizer.name) {
                let message = format!("Authorizer with name {} already exists for this API", authorizer.name);
                return Err(tinderbox_base::Error::conflict(message));
            }
            authorizer.id = ids::part(&*inner.random);
            while own.contains_key(&authorizer.id) {
                authorizer.id = ids::part(&*inner.random);
            }
            own.insert(authorizer.id.clone(), authorizer.clone());
            Ok(authorizer)
        };
        self.inner.change(caller, api, change).await
    }

    /// An authorizer.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_authorizer(&self, caller: &Caller, api: &str, id: &str) -> Result<Authorizer> {
        let api = self.inner.table.of(caller).api(api)?;
        api.definition.authorizers.get(id).cloned().ok_or_else(|| errors::missing("Authorizer", id))
    }

    /// A page of an API's authorizers.
    ///
    /// # Errors
    /// `NotFound`, or the page is none.
    pub fn list_authorizers(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Authorizer>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.authorizers.values().cloned(), |authorizer| &authorizer.id)
    }

    /// Changes an authorizer. What it answered before holds no more.
    ///
    /// # Errors
    /// `NotFound`, or the authorizer is none that can be.
    pub async fn update_authorizer(
        &self,
        caller: &Caller,
        api: &str,
        id: &str,
        new: AuthorizerChange,
    ) -> Result<Authorizer> {
        let key = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            let old = api.definition.authorizers.get(&key).cloned();
            let authorizer = applied(old.ok_or_else(|| errors::missing("Authorizer", &key))?, new)?;
            api.definition.authorizers.insert(key, authorizer.clone());
            Ok(authorizer)
        };
        let changed = self.inner.change(caller, api, change).await?;
        self.inner.table.of(caller).live(api)?.runtime.forget_authorizations();
        Ok(changed)
    }

    /// Deletes an authorizer that no route uses.
    ///
    /// # Errors
    /// `NotFound`, or a route uses it.
    pub async fn delete_authorizer(&self, caller: &Caller, api: &str, id: &str) -> Result<()> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            if api.definition.routes.values().any(|route| route.authorizer_id.as_deref() == Some(&id)) {
                let message =
                    format!("Cannot delete authorizer '{id}', is referenced by one or more routes.");
                return Err(tinderbox_base::Error::conflict(message));
            }
            api.definition.authorizers.remove(&id).map(drop).ok_or_else(|| errors::missing("Authorizer", &id))
        };
        self.inner.change(caller, api, change).await
    }

    /// Forgets what authorizers answered for a stage. It forgets those of the API's other stages too: asking once
    /// more than needed harms nobody.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn reset_authorizers_cache(&self, caller: &Caller, api: &str, stage: &str) -> Result<()> {
        let live = self.inner.table.of(caller).live(api)?;
        if !live.api.stages.contains_key(stage) {
            return Err(errors::missing("Stage", stage));
        }
        live.runtime.forget_authorizations();
        Ok(())
    }
}

fn applied(mut own: Authorizer, new: AuthorizerChange) -> Result<Authorizer> {
    own.name = new.name.unwrap_or(own.name);
    own.authorizer_type = new.authorizer_type.unwrap_or(own.authorizer_type);
    own.authorizer_uri = new.authorizer_uri.or(own.authorizer_uri);
    own.authorizer_credentials_arn = new.authorizer_credentials_arn.or(own.authorizer_credentials_arn);
    own.identity_source = new.identity_source.unwrap_or(own.identity_source);
    own.authorizer_result_ttl_in_seconds =
        new.authorizer_result_ttl_in_seconds.or(own.authorizer_result_ttl_in_seconds);
    own.authorizer_payload_format_version =
        new.authorizer_payload_format_version.or(own.authorizer_payload_format_version);
    own.enable_simple_responses = new.enable_simple_responses.or(own.enable_simple_responses);
    own.jwt = new.jwt.or(own.jwt);
    check(&mut own)?;
    Ok(own)
}

fn check(own: &mut Authorizer) -> Result<()> {
    if own.name.is_empty() || own.name.len() > 128 {
        return Err(errors::bad("Name must be between 1 and 128 characters long"));
    }
    if let Some(source) = own.identity_source.iter().find(|source| !source_is_sound(source)) {
        return Err(errors::bad(format!("Invalid identity source specified: {source}")));
    }
    match own.authorizer_type.as_str() {
        "JWT" => {
            let jwt = own
                .jwt
                .as_ref()
                .ok_or_else(|| errors::bad("JwtConfiguration is required for JWT authorizers"))?;
            if jwt.audience.is_empty() || jwt.audience.len() > MAX_AUDIENCES {
                return Err(errors::bad(format!("An audience of 1 to {MAX_AUDIENCES} entries is required")));
            }
            if !(jwt.issuer.starts_with("https://") || jwt.issuer.starts_with("http://")) {
                return Err(errors::bad(format!(
                    "Invalid issuer: {}. Issuer must have a valid discovery endpoint",
                    jwt.issuer
                )));
            }
            if own.identity_source.len() != 1 {
                return Err(errors::bad("Exactly one identity source is required for JWT authorizers"));
            }
        }
        "REQUEST" => {
            let uri = own.authorizer_uri.as_deref().unwrap_or_default();
            if integrations::function(uri).is_none() {
                return Err(errors::bad(format!("Invalid Authorizer URI: {uri}")));
            }
            let version = own.authorizer_payload_format_version.as_deref();
            let version = version.ok_or_else(|| {
                errors::bad("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer")
            })?;
            if !["1.0", "2.0"].contains(&version) {
                return Err(errors::bad("AuthorizerPayloadFormatVersion must be 1.0 or 2.0"));
            }
            if version == "1.0" && own.enable_simple_responses == Some(true) {
                return Err(errors::bad(
                    "EnableSimpleResponses is supported by payload format version 2.0 only",
                ));
            }
            let sources = own.identity_source.len();
            let ttl = own.authorizer_result_ttl_in_seconds.get_or_insert(if sources == 0 {
                0
            } else {
                DEFAULT_TTL_S
            });
            if !(0..=MAX_TTL_S).contains(ttl) {
                return Err(errors::bad(format!(
                    "AuthorizerResultTtlInSeconds must be between 0 and {MAX_TTL_S}"
                )));
            }
            if *ttl > 0 && sources == 0 {
                return Err(errors::bad("IdentitySource is required when authorization caching is enabled"));
            }
        }
        other => return Err(errors::bad(format!("Invalid authorizer type specified {other}"))),
    }
    Ok(())
}
