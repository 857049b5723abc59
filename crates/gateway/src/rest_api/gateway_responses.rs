//! What the gateway itself answers in trouble, where an API wants it different.

use super::{
    Inner, RestApis, errors,
    model::{Api, GatewayResponse},
    page::PageRequest,
    patch::{Kind, PatchOperation, Rule, patch},
    serve::Trouble,
};
use crate::page::Page;
use tinderbox_base::{Caller, Result};

const RULES: [Rule; 3] = [
    ("/statusCode", Kind::Text),
    ("/responseParameters/*", Kind::Text),
    ("/responseTemplates/*", Kind::Text),
];

/// A gateway's answer, and whether it is the one that every API begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The answer.
    pub response: GatewayResponse,
    /// Whether nothing of it was set.
    pub default: bool,
}

impl RestApis {
    /// Sets what the gateway answers in one kind of trouble.
    ///
    /// # Errors
    /// `NotFound`, or it is none that can be.
    pub async fn put_gateway_response(
        &self,
        caller: &Caller,
        api: &str,
        response: GatewayResponse,
    ) -> Result<Shown> {
        check(&response)?;
        let change = move |_: &Inner, api: &mut Api| {
            api.definition.responses.insert(response.response_type.clone(), response.clone());
            Ok(Shown { response, default: false })
        };
        self.inner.change(caller, api, change).await
    }

    /// What the gateway answers in one kind of trouble.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_gateway_response(&self, caller: &Caller, api: &str, kind: &str) -> Result<Shown> {
        let api = self.inner.table.of(caller).api(api)?;
        shown(&api, kind)
    }

    /// What the gateway answers in every kind of trouble.
    ///
    /// # Errors
    /// `NotFound`, or the limit is none.
    pub fn list_gateway_responses(
        &self,
        caller: &Caller,
        api: &str,
        page: &PageRequest,
    ) -> Result<Page<Shown>> {
        let api = self.inner.table.of(caller).api(api)?;
        let mut kinds: Vec<_> = Trouble::ALL.iter().map(|trouble| trouble.name()).collect();
        kinds.sort_unstable();
        let all: Vec<_> = kinds.into_iter().filter_map(|kind| shown(&api, kind).ok()).collect();
        page.of(all.into_iter(), |shown| &shown.response.response_type)
    }

    /// Changes what the gateway answers in one kind of trouble.
    ///
    /// # Errors
    /// `NotFound`, or an operation is none that can be.
    pub async fn update_gateway_response(
        &self,
        caller: &Caller,
        api: &str,
        kind: String,
        operations: Vec<PatchOperation>,
    ) -> Result<Shown> {
        let change = move |_: &Inner, api: &mut Api| {
            let old = shown(api, &kind)?.response;
            let response: GatewayResponse = patch(&old, &operations, &RULES)?;
            check(&response)?;
            api.definition.responses.insert(kind, response.clone());
            Ok(Shown { response, default: false })
        };
        self.inner.change(caller, api, change).await
    }

    /// Lets the gateway answer again as every API begins.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_gateway_response(&self, caller: &Caller, api: &str, kind: String) -> Result<()> {
        let change = move |_: &Inner, api: &mut Api| {
            let removed = api.definition.responses.remove(&kind);
            removed.map(drop).ok_or_else(|| errors::missing("Gateway response type"))
        };
        self.inner.change(caller, api, change).await
    }
}

fn shown(api: &Api, kind: &str) -> Result<Shown> {
    let trouble = Trouble::of(kind).ok_or_else(|| errors::missing("Gateway response type"))?;
    Ok(match api.definition.responses.get(kind) {
        Some(response) => Shown { response: response.clone(), default: false },
        None => Shown { response: trouble.default_response(), default: true },
    })
}

fn check(response: &GatewayResponse) -> Result<()> {
    if Trouble::of(&response.response_type).is_none() {
        return Err(errors::bad("Invalid gateway response type specified"));
    }
    let status = response.status_code.as_deref();
    if status.is_some_and(|s| !s.parse::<u16>().is_ok_and(|s| (200..=599).contains(&s))) {
        return Err(errors::bad("Invalid status code specified"));
    }
    let strange = |name: &&String| !name.starts_with("gatewayresponse.header.");
    match response.response_parameters.keys().find(strange) {
        Some(name) => Err(errors::bad(format!(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression parameter specified: {name}]"
        ))),
        None => Ok(()),
    }
}
