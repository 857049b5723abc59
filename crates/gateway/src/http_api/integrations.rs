//! Integrations.

use super::{
    HttpApis, Inner, apis, errors,
    model::{Api, Integration, Texts},
    page::PageRequest,
    parameters,
};
use crate::page::Page;
use crate::{function::function_of, ids};
use std::collections::BTreeMap;
use tinderbox_base::{Arn, Caller, Result};

/// Integrations of an API (quotas: integrations per API, 300).
const MAX_INTEGRATIONS: usize = 300;
/// How long an integration may take if it is not said, and at most (quotas: maximum integration timeout, 30 seconds).
pub(super) const LAMBDA_TIMEOUT_MS: i64 = 30_000;
/// The shortest time that can be set.
const MIN_TIMEOUT_MS: i64 = 50;
/// The longest URI.
const MAX_URI: usize = 2_048;

/// What an integration is to be; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct IntegrationChange {
    /// `AWS_PROXY` or `HTTP_PROXY`.
    pub integration_type: Option<String>,
    /// The method of the request to it.
    pub integration_method: Option<String>,
    /// A function, or the address of a server.
    pub integration_uri: Option<String>,
    /// `INTERNET`.
    pub connection_type: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The role to call it as.
    pub credentials_arn: Option<String>,
    /// `1.0` or `2.0`.
    pub payload_format_version: Option<String>,
    /// How long it may take.
    pub timeout_in_millis: Option<i64>,
    /// What it changes about requests; a value of nothing takes a change back.
    pub request_parameters: Option<Texts>,
    /// What it changes about answers, by their status.
    pub response_parameters: Option<BTreeMap<String, Texts>>,
    /// A member that is not there yet, by its name.
    pub unsupported: Option<&'static str>,
}

impl HttpApis {
    /// Makes an integration.
    ///
    /// # Errors
    /// `NotFound`, or the integration is none that can be.
    pub async fn create_integration(
        &self,
        caller: &Caller,
        api: &str,
        new: IntegrationChange,
    ) -> Result<Integration> {
        let integration = Integration {
            connection_type: "INTERNET".into(),
            payload_format_version: "1.0".into(),
            timeout_in_millis: LAMBDA_TIMEOUT_MS,
            ..Integration::default()
        };
        let mut integration = applied(integration, new)?;
        let change = move |inner: &Inner, api: &mut Api| {
            if api.definition.integrations.len() >= MAX_INTEGRATIONS {
                return Err(errors::too_many("integrations", MAX_INTEGRATIONS));
            }
            integration.id = ids::part(&*inner.random);
            while api.definition.integrations.contains_key(&integration.id) {
                integration.id = ids::part(&*inner.random);
            }
            api.definition.integrations.insert(integration.id.clone(), integration.clone());
            Ok(integration)
        };
        self.inner.change(caller, api, change).await
    }

    /// An integration.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_integration(&self, caller: &Caller, api: &str, id: &str) -> Result<Integration> {
        let api = self.inner.table.of(caller).api(api)?;
        api.definition.integrations.get(id).cloned().ok_or_else(|| errors::missing("Integration", id))
    }

    /// A page of an API's integrations.
    ///
    /// # Errors
    /// `NotFound`, or the page is none.
    pub fn list_integrations(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Integration>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.integrations.values().cloned(), |integration| &integration.id)
    }

    /// Changes an integration.
    ///
    /// # Errors
    /// `NotFound`, or the integration is none that can be.
    pub async fn update_integration(
        &self,
        caller: &Caller,
        api: &str,
        id: &str,
        new: IntegrationChange,
    ) -> Result<Integration> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            let old = api.definition.integrations.get(&id).cloned();
            let integration = applied(old.ok_or_else(|| errors::missing("Integration", &id))?, new)?;
            api.definition.integrations.insert(id, integration.clone());
            Ok(integration)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes an integration that no route uses.
    ///
    /// # Errors
    /// `NotFound`, or a route uses it.
    pub async fn delete_integration(&self, caller: &Caller, api: &str, id: &str) -> Result<()> {
        let id = id.to_owned();
        let change = move |_: &Inner, api: &mut Api| {
            let target = format!("integrations/{id}");
            if api.definition.routes.values().any(|route| route.target.as_deref() == Some(&target)) {
                let message = format!(
                    "Cannot delete Integration '{id}'. Integration is referenced by one or more routes."
                );
                return Err(tinderbox_base::Error::conflict(message));
            }
            api.definition
                .integrations
                .remove(&id)
                .map(drop)
                .ok_or_else(|| errors::missing("Integration", &id))
        };
        self.inner.change(caller, api, change).await
    }
}

fn applied(mut own: Integration, new: IntegrationChange) -> Result<Integration> {
    if let Some(name) = new.unsupported {
        return Err(errors::absent(&format!("{name} of integrations of HTTP APIs")));
    }
    own.integration_type = new.integration_type.unwrap_or(own.integration_type);
    own.integration_method = new.integration_method.or(own.integration_method);
    own.integration_uri = new.integration_uri.or(own.integration_uri);
    own.connection_type = new.connection_type.unwrap_or(own.connection_type);
    own.description = new.description.or(own.description);
    own.credentials_arn = new.credentials_arn.or(own.credentials_arn);
    own.payload_format_version = new.payload_format_version.unwrap_or(own.payload_format_version);
    own.timeout_in_millis = new.timeout_in_millis.unwrap_or(own.timeout_in_millis);
    parameters::merge(&mut own.request_parameters, new.request_parameters.unwrap_or_default());
    for (status, given) in new.response_parameters.unwrap_or_default() {
        parameters::merge(own.response_parameters.entry(status).or_default(), given);
    }
    own.response_parameters.retain(|_, mappings| !mappings.is_empty());
    if own.integration_type == "AWS_PROXY" {
        own.integration_method.get_or_insert_with(|| "POST".into());
    }
    check(&own)?;
    Ok(own)
}

/// Refuses an integration that cannot be.
pub(super) fn check(own: &Integration) -> Result<()> {
    apis::check_description(own.description.as_deref().unwrap_or_default())?;
    parameters::check(&own.request_parameters, &own.response_parameters)?;
    if !(MIN_TIMEOUT_MS..=LAMBDA_TIMEOUT_MS).contains(&own.timeout_in_millis) {
        return Err(errors::bad(format!(
            "Timeout should be between {MIN_TIMEOUT_MS} ms and {LAMBDA_TIMEOUT_MS} ms"
        )));
    }
    if own.connection_type == "VPC_LINK" {
        return Err(errors::absent("ConnectionType VPC_LINK"));
    }
    let uri = own.integration_uri.as_deref().unwrap_or_default();
    if uri.len() > MAX_URI {
        return Err(errors::bad(format!("integrationUri must be at most {MAX_URI} characters long")));
    }
    match own.integration_type.as_str() {
        "AWS_PROXY" => {
            if function(uri).is_none() {
                return Err(errors::bad(format!(
                    "Invalid integration URI specified: {uri} is no function's ARN"
                )));
            }
            if !["1.0", "2.0"].contains(&own.payload_format_version.as_str()) {
                return Err(errors::bad("PayloadFormatVersion must be 1.0 or 2.0"));
            }
        }
        "HTTP_PROXY" => {
            let method = own.integration_method.as_deref().unwrap_or_default();
            if !["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"].contains(&method) {
                return Err(errors::bad("HttpMethod must be specified for HTTP_PROXY integrations"));
            }
            if !(uri.starts_with("http://") || uri.starts_with("https://")) {
                return Err(errors::bad("Invalid HTTP endpoint specified for URI"));
            }
            if own.payload_format_version != "1.0" {
                return Err(errors::bad("PayloadFormatVersion must be 1.0 for HTTP_PROXY integrations"));
            }
        }
        "AWS" | "HTTP" | "MOCK" => {
            return Err(errors::bad(format!(
                "Invalid integration type specified {}. HTTP APIs support AWS_PROXY and HTTP_PROXY",
                own.integration_type
            )));
        }
        other => return Err(errors::bad(format!("Invalid integration type specified {other}"))),
    }
    Ok(())
}

/// The function that a URI names, itself or as an invocation of it; with stage variables not filled in.
pub(super) fn function(uri: &str) -> Option<Arn> {
    let arn: Arn = function_of(uri).unwrap_or(uri).parse().ok()?;
    (arn.service == "lambda").then_some(arn)
}
