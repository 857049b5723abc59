//! What methods and their integrations may answer.

use super::{
    RestApis, errors,
    methods::MethodName,
    model::{Api, IntegrationResponse, Method, MethodResponse},
    patch::{Kind, PatchOperation, Rule, patch},
};
use std::collections::BTreeMap;
use tinderbox_base::{Caller, Error, Result};

const METHOD_RULES: [Rule; 2] = [("/responseParameters/*", Kind::Flag), ("/responseModels/*", Kind::Text)];

const INTEGRATION_RULES: [Rule; 4] = [
    ("/selectionPattern", Kind::Text),
    ("/contentHandling", Kind::Text),
    ("/responseParameters/*", Kind::Text),
    ("/responseTemplates/*", Kind::Text),
];

impl RestApis {
    /// Adds an answer to a method.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it exists.
    pub async fn put_method_response(
        &self,
        caller: &Caller,
        name: MethodName,
        response: MethodResponse,
    ) -> Result<MethodResponse> {
        headers(response.response_parameters.keys())?;
        let change = move |_: &Api, method: &mut Method| {
            if method.method_responses.contains_key(&response.status_code) {
                return Err(Error::conflict("Response already exists for this resource"));
            }
            method.method_responses.insert(response.status_code.clone(), response.clone());
            Ok(response)
        };
        self.change_method(caller, name, change).await
    }

    /// An answer of a method.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_method_response(
        &self,
        caller: &Caller,
        name: &MethodName,
        status: &str,
    ) -> Result<MethodResponse> {
        let method = self.get_method(caller, name)?;
        method.method_responses.get(status).cloned().ok_or_else(errors::response_code)
    }

    /// Changes an answer of a method.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_method_response(
        &self,
        caller: &Caller,
        name: MethodName,
        status: String,
        operations: Vec<PatchOperation>,
    ) -> Result<MethodResponse> {
        let change = move |_: &Api, method: &mut Method| {
            let found = method.method_responses.get_mut(&status).ok_or_else(errors::response_code)?;
            let new: MethodResponse = patch(found, &operations, &METHOD_RULES)?;
            headers(new.response_parameters.keys())?;
            *found = new.clone();
            Ok(new)
        };
        self.change_method(caller, name, change).await
    }

    /// Deletes an answer of a method.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_method_response(
        &self,
        caller: &Caller,
        name: MethodName,
        status: String,
    ) -> Result<()> {
        let change = move |_: &Api, method: &mut Method| {
            method.method_responses.remove(&status).map(drop).ok_or_else(errors::response_code)
        };
        self.change_method(caller, name, change).await
    }

    /// Sets an answer of an integration.
    ///
    /// # Errors
    /// `NotFound`, or it is for no answer that the method has.
    pub async fn put_integration_response(
        &self,
        caller: &Caller,
        name: MethodName,
        response: IntegrationResponse,
    ) -> Result<IntegrationResponse> {
        headers(response.response_parameters.keys())?;
        let change = move |_: &Api, method: &mut Method| {
            let declared =
                method.method_responses.get(&response.status_code).ok_or_else(errors::response_code)?;
            declares(&declared.response_parameters, &response)?;
            of(method)?.insert(response.status_code.clone(), response.clone());
            Ok(response)
        };
        self.change_method(caller, name, change).await
    }

    /// An answer of an integration.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_integration_response(
        &self,
        caller: &Caller,
        name: &MethodName,
        status: &str,
    ) -> Result<IntegrationResponse> {
        let integration = self.get_integration(caller, name)?;
        integration.integration_responses.get(status).cloned().ok_or_else(errors::response_code)
    }

    /// Changes an answer of an integration.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_integration_response(
        &self,
        caller: &Caller,
        name: MethodName,
        status: String,
        operations: Vec<PatchOperation>,
    ) -> Result<IntegrationResponse> {
        let change = move |_: &Api, method: &mut Method| {
            let declared = method.method_responses.get(&status).map(|r| r.response_parameters.clone());
            let found = of(method)?.get_mut(&status).ok_or_else(errors::response_code)?;
            let new: IntegrationResponse = patch(found, &operations, &INTEGRATION_RULES)?;
            headers(new.response_parameters.keys())?;
            declares(&declared.unwrap_or_default(), &new)?;
            *found = new.clone();
            Ok(new)
        };
        self.change_method(caller, name, change).await
    }

    /// Deletes an answer of an integration.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_integration_response(
        &self,
        caller: &Caller,
        name: MethodName,
        status: String,
    ) -> Result<()> {
        let change = move |_: &Api, method: &mut Method| {
            of(method)?.remove(&status).map(drop).ok_or_else(errors::response_code)
        };
        self.change_method(caller, name, change).await
    }
}

fn of(method: &mut Method) -> Result<&mut BTreeMap<String, IntegrationResponse>> {
    let integration = method.method_integration.as_mut().ok_or_else(|| errors::missing("Integration"))?;
    Ok(&mut integration.integration_responses)
}

/// What is mapped must be what the method says it answers.
fn declares(declared: &BTreeMap<String, bool>, response: &IntegrationResponse) -> Result<()> {
    if let Some(pattern) = &response.selection_pattern
        && regex::Regex::new(pattern).is_err()
    {
        return Err(errors::bad(format!("Invalid selection pattern '{pattern}' specified")));
    }
    match response.response_parameters.keys().find(|name| !declared.contains_key(*name)) {
        Some(name) => Err(errors::bad(format!(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression parameter specified: {name}]"
        ))),
        None => Ok(()),
    }
}

fn headers<'a>(mut names: impl Iterator<Item = &'a String>) -> Result<()> {
    let strange = |name: &&String| name.strip_prefix("method.response.header.").is_none_or(str::is_empty);
    match names.find(strange) {
        Some(name) => Err(errors::bad(format!(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression parameter specified: {name}]"
        ))),
        None => Ok(()),
    }
}
