//! Request validators: what is checked of requests before an integration sees them.

use super::{
    Inner, RestApis, errors,
    model::{Api, RequestValidator},
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, replace},
};
use crate::ids;
use crate::page::Page;
use tinderbox_base::{Caller, Error, Result};

/// Validators of one API; the service names no number, there are four that differ.
const MAX_VALIDATORS: usize = 100;

const RULES: [Rule; 3] =
    [("/name", Kind::Text), ("/validateRequestParameters", Kind::Flag), ("/validateRequestBody", Kind::Flag)];

impl RestApis {
    /// Adds a validator to an API.
    ///
    /// # Errors
    /// `NotFound`, or there are too many.
    pub async fn create_validator(
        &self,
        caller: &Caller,
        api: &str,
        new: RequestValidator,
    ) -> Result<RequestValidator> {
        let change = move |inner: &Inner, api: &mut Api| {
            if api.definition.validators.len() >= MAX_VALIDATORS {
                return Err(errors::too_many("request validators for this API", MAX_VALIDATORS));
            }
            let new = RequestValidator { id: ids::part(&*inner.random), ..new };
            api.definition.validators.insert(new.id.clone(), new.clone());
            Ok(new)
        };
        self.inner
            .table
            .of(caller)
            .api(api)
            .map_err(|_| errors::bad("Invalid REST API identifier specified"))?;
        self.inner.change(caller, api, change).await
    }

    /// A validator.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_validator(&self, caller: &Caller, api: &str, id: &str) -> Result<RequestValidator> {
        let api = self.inner.table.of(caller).api(api).map_err(|_| missing())?;
        api.definition.validators.get(id).cloned().ok_or_else(missing)
    }

    /// A page of the validators.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_validators(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<RequestValidator>> {
        let api = self.inner.table.of(caller).api(api)?;
        page.of(api.definition.validators.values().cloned(), |validator| &validator.id)
    }

    /// Changes a validator.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_validator(
        &self,
        caller: &Caller,
        api: &str,
        id: String,
        operations: Vec<PatchOperation>,
    ) -> Result<RequestValidator> {
        let change = move |_: &Inner, api: &mut Api| {
            let found = api.definition.validators.get_mut(&id).ok_or_else(missing)?;
            let new: RequestValidator = replace(found, &operations, &RULES)?;
            // One that is made may have no name.
            if new.name.trim().is_empty() && new.name != found.name {
                return Err(errors::bad("Request Validator name cannot be blank"));
            }
            *found = new.clone();
            Ok(new)
        };
        self.inner.change(caller, api, change).await
    }

    /// Deletes a validator.
    ///
    /// # Errors
    /// `NotFound`, or a method uses it.
    pub async fn delete_validator(&self, caller: &Caller, api: &str, id: String) -> Result<()> {
        let change = move |_: &Inner, api: &mut Api| {
            let mut methods =
                api.definition.resources.values().flat_map(|resource| resource.methods.values());
            if methods.any(|method| method.request_validator_id.as_deref() == Some(&id)) {
                return Err(Error::conflict(
                    "Cannot delete request validator, is referenced in at least one method",
                ));
            }
            api.definition.validators.remove(&id).map(drop).ok_or_else(missing)
        };
        self.inner.table.of(caller).api(api).map_err(|_| missing())?;
        self.inner.change(caller, api, change).await
    }
}

fn missing() -> Error {
    Error::not_found("Invalid Request Validator identifier specified")
}
